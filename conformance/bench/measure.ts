import { type CriClient, createCriClient } from "#client";
import type { Contestant } from "./contestant.ts";
import { drain } from "./drain.ts";
import { type Footprint, weigh } from "./footprint.ts";
import { endPod, type RunningPod, removePodsWith, startPod } from "./pod-cycle.ts";

export interface RoundOptions {
  /** Distinguishes the pods of this round from all others. */
  readonly round: string;
  /** Pods that are started and ended one after the other. */
  readonly sequentialPods: number;
  /** Pods that are there at once. */
  readonly parallelPods: number;
  /** Acts that run at once. */
  readonly parallel: number;
}

/** What one round of one contestant measured; times in milliseconds. */
export interface Round {
  readonly startMs: readonly number[];
  readonly endMs: readonly number[];
  readonly podsStartedPerSecond: number;
  readonly podsEndedPerSecond: number;
  /** Of the sequential pods, by RPC. */
  readonly callMs: Readonly<Record<string, readonly number[]>>;
  readonly footprint: Footprint | undefined;
}

/** Deadline of each call: far above what any of them takes, so that a hang ends the benchmark. */
const callTimeoutMs = 120_000;

/** Measures one contestant once: pods one by one, then many at once. Every pod is gone at the end. */
export async function measureRound(contestant: Contestant, options: RoundOptions): Promise<Round> {
  const callMs: Record<string, number[]> = {};
  let isCounting = true;
  const client = createCriClient({
    endpoint: contestant.endpoint,
    timeoutMs: callTimeoutMs,
    onCall: ({ method, durationMs }) => {
      if (isCounting) (callMs[method] ??= []).push(durationMs);
    },
  });
  try {
    const sequential = await measureSequential(client, contestant, options);
    isCounting = false;
    return { ...sequential, ...(await measureParallel(client, contestant, options)), callMs };
  } finally {
    await removePodsWith(client, contestant.labels);
    client.close();
  }
}

async function measureSequential(
  client: CriClient,
  contestant: Contestant,
  { round, sequentialPods }: RoundOptions,
): Promise<Pick<Round, "startMs" | "endMs">> {
  const startMs: number[] = [];
  const endMs: number[] = [];
  for (let index = 0; index < sequentialPods; index += 1) {
    const recipe = contestant.recipe(`s-${round}-${index}`);
    const [pod, started] = await timed(() => startPod(client, recipe));
    const [, ended] = await timed(() => endPod(client, pod));
    startMs.push(started);
    endMs.push(ended);
  }
  return { startMs, endMs };
}

async function measureParallel(
  client: CriClient,
  contestant: Contestant,
  { round, parallelPods, parallel }: RoundOptions,
): Promise<Pick<Round, "podsStartedPerSecond" | "podsEndedPerSecond" | "footprint">> {
  const recipes = Array.from({ length: parallelPods }, (_, index) => contestant.recipe(`p-${round}-${index}`));
  const pods: RunningPod[] = [];
  const [, startMs] = await timed(() =>
    drain(recipes, parallel, async (recipe) => void pods.push(await startPod(client, recipe))),
  );
  const footprint = await weigh(contestant, parallelPods);
  const [, endMs] = await timed(() => drain([...pods], parallel, (pod) => endPod(client, pod)));
  return {
    podsStartedPerSecond: (parallelPods * 1000) / startMs,
    podsEndedPerSecond: (parallelPods * 1000) / endMs,
    footprint,
  };
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const startedAt = performance.now();
  const outcome = await work();
  return [outcome, performance.now() - startedAt];
}
