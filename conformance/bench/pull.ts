import { setTimeout as delay } from "node:timers/promises";
import { type CriClient, createCriClient } from "#client";
import { readTreeRssBytes } from "./process-tree.ts";
import { quantile } from "./statistics.ts";
import { type Measure, mebibytes, milliseconds, type Rounds, renderTable } from "./table.ts";
import { type TurnOptions, takeTurns } from "./turns.ts";

/** A CRI server whose pulls are measured. */
export interface PullContestant {
  readonly name: string;
  /** `unix:///…` */
  readonly endpoint: string;
  readonly image: string;
  /** The server's own process, when it is known: then its memory is measured, and that of its children. */
  readonly pid?: () => number;
  /** How late the server's own event loop came since it was asked last, where that can be known. */
  readonly takeLoopDelay?: () => Promise<{ readonly p99Ms: number; readonly maxMs: number }>;
}

/** What one pull of one contestant measured. */
export interface PullRound {
  readonly pullMs: number;
  /** How long Version took, again and again while the pull ran. */
  readonly answerMs: readonly number[];
  readonly loopDelay: { readonly p99Ms: number; readonly maxMs: number } | undefined;
  readonly restRssBytes: number | undefined;
  readonly peakRssBytes: number | undefined;
}

/** Deadline of each call: far above what any of them takes, so that a hang ends the benchmark. */
const callTimeoutMs = 600_000;
const sampleEveryMs = 10;

/** Measures contestants that pull the same image in turn; before each pull the image is removed. */
export async function benchPull(
  contestants: readonly PullContestant[],
  options: TurnOptions,
): Promise<readonly Rounds<PullRound>[]> {
  for (const contestant of contestants) await measurePull(contestant);
  return takeTurns(contestants, options, measurePull);
}

/** Writes what the contestants did with pulls as a table. */
export function renderPullReport(results: readonly Rounds<PullRound>[]): string {
  return renderTable(results, measures);
}

const measures: readonly Measure<PullRound>[] = [
  { title: "pull, ms", samplesOf: ({ pullMs }) => [pullMs], format: milliseconds },
  { title: "Version during the pull, ms", samplesOf: ({ answerMs }) => answerMs, format: milliseconds },
  {
    title: "  its p99 of each pull, ms",
    samplesOf: ({ answerMs }) => [quantile(answerMs, 0.99)],
    format: milliseconds,
  },
  {
    title: "own event loop, p99 of each pull, ms",
    samplesOf: ({ loopDelay }) => known(loopDelay?.p99Ms),
    format: milliseconds,
  },
  { title: "  its longest delay, ms", samplesOf: ({ loopDelay }) => known(loopDelay?.maxMs), format: milliseconds },
  { title: "before the pull, MiB RSS", samplesOf: ({ restRssBytes }) => known(restRssBytes), format: mebibytes },
  { title: "peak with children, MiB RSS", samplesOf: ({ peakRssBytes }) => known(peakRssBytes), format: mebibytes },
];

async function measurePull({ endpoint, image, pid, takeLoopDelay }: PullContestant): Promise<PullRound> {
  const [puller, watcher] = [clientOf(endpoint), clientOf(endpoint)];
  try {
    await removeImage(puller, image);
    const restRssBytes = pid === undefined ? undefined : await readTreeRssBytes(pid());
    await takeLoopDelay?.();
    const ended = new AbortController();
    const answers = sampleAnswers(watcher, ended.signal);
    const memory = pid === undefined ? undefined : samplePeak(pid(), ended.signal);
    const startedAt = performance.now();
    try {
      await puller.pullImage({ image: { image } });
    } finally {
      ended.abort();
    }
    const pullMs = performance.now() - startedAt;
    const loopDelay = await takeLoopDelay?.();
    return { pullMs, loopDelay, answerMs: await answers, restRssBytes, peakRssBytes: await memory };
  } finally {
    await removeImage(puller, image);
    puller.close();
    watcher.close();
  }
}

function clientOf(endpoint: string): CriClient {
  return createCriClient({ endpoint, timeoutMs: callTimeoutMs });
}

/** CRI has it that nothing of the image is left when this returns, so that the next pull starts from nothing. */
async function removeImage(client: CriClient, image: string): Promise<void> {
  await client.removeImage({ image: { image } });
}

/** How long a small question takes, from outside: a server that is busy with itself answers late. */
async function sampleAnswers(client: CriClient, ended: AbortSignal): Promise<readonly number[]> {
  const samples: number[] = [];
  while (!ended.aborted) {
    const startedAt = performance.now();
    await client.version({});
    samples.push(performance.now() - startedAt);
    await delay(sampleEveryMs);
  }
  return samples;
}

async function samplePeak(pid: number, ended: AbortSignal): Promise<number> {
  let peak = 0;
  while (!ended.aborted) {
    peak = Math.max(peak, await readTreeRssBytes(pid));
    await delay(sampleEveryMs * 2);
  }
  return peak;
}

function known(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}
