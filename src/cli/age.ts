const hour = 3_600;

interface AgeStep {
  /** Ages below this many seconds are told by this step. */
  readonly belowSeconds: number;
  tell(seconds: number): string;
}

/** How an age is told, as Docker's and Kubernetes' tools have made it familiar. */
const steps: readonly AgeStep[] = [
  { belowSeconds: 1, tell: () => "Less than a second" },
  { belowSeconds: 2, tell: () => "1 second" },
  { belowSeconds: 60, tell: (seconds) => `${Math.floor(seconds)} seconds` },
  { belowSeconds: 120, tell: () => "About a minute" },
  { belowSeconds: hour, tell: (seconds) => `${Math.floor(seconds / 60)} minutes` },
  { belowSeconds: 1.5 * hour, tell: () => "About an hour" },
  { belowSeconds: 47.5 * hour, tell: (seconds) => `${roundedHours(seconds)} hours` },
  { belowSeconds: 14 * 24 * hour, tell: (seconds) => `${Math.floor(roundedHours(seconds) / 24)} days` },
  { belowSeconds: 60 * 24 * hour, tell: (seconds) => `${Math.floor(roundedHours(seconds) / 24 / 7)} weeks` },
  { belowSeconds: 730 * 24 * hour, tell: (seconds) => `${Math.floor(roundedHours(seconds) / 24 / 30)} months` },
];

/** The time between two moments in words: `17 seconds ago`. */
export function formatAge(thenNanos: bigint, nowNanos: bigint): string {
  const seconds = Number((nowNanos - thenNanos) / 1_000_000n) / 1_000;
  const step = steps.find(({ belowSeconds }) => seconds < belowSeconds);
  return `${step?.tell(seconds) ?? `${Math.floor(seconds / hour / 24 / 365)} years`} ago`;
}

function roundedHours(seconds: number): number {
  return Math.floor(seconds / hour + 0.5);
}
