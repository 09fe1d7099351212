import { longestTimerMs } from "#foundation";

/** CRI's seconds as milliseconds that a timer takes; negative counts as 0. */
export function millisecondsOf(seconds: bigint): number {
  if (seconds <= 0n) return 0;
  const milliseconds = seconds * 1000n;
  return milliseconds > BigInt(longestTimerMs) ? longestTimerMs : Number(milliseconds);
}
