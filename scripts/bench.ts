import { writeFile } from "node:fs/promises";
import { benchHandlers, renderHandlersReport } from "../conformance/bench/handlers.ts";
import { benchPods } from "../conformance/bench/pods.ts";
import { benchPull, renderPullReport } from "../conformance/bench/pull.ts";
import { renderPodsReport } from "../conformance/bench/report.ts";
import { benchStats } from "../conformance/bench/stats.ts";
import { renderStatsReport } from "../conformance/bench/stats-report.ts";
import { benchStream } from "../conformance/bench/stream.ts";
import { renderStreamReport } from "../conformance/bench/stream-report.ts";
import type { TurnOptions } from "../conformance/bench/turns.ts";
import { type Arena, openArena } from "./bench/arena.ts";
import {
  contestantOf,
  startContestant,
  startHandlerContestants,
  startPullContestant,
  startRecoveryContestant,
  startStatsContestant,
  startStreamContestant,
  statsContestantOf,
  streamContestantOf,
} from "./bench/contestants.ts";
import { pushLargeImage } from "./bench/large-image.ts";
import { type BenchOptions, parseBenchOptions } from "./bench/options.ts";
import { benchRecovery, renderRecoveryReport } from "./bench/recovery.ts";
import { closeOnSignals } from "./lifetime/close-on-signals.ts";

/** What a benchmark found out: for a reader, and every sample. */
interface Outcome {
  readonly report: string;
  readonly results: unknown;
}

/** Measures crisp beside the machine's containerd, and prints how they compare. */
async function main(args: readonly string[]): Promise<void> {
  const options = parseBenchOptions(args);
  await using arena = await openArena();
  closeOnSignals(() => arena.workspace.close());
  await using cleanUp = new AsyncDisposableStack();
  const { report, results } = await benchmarks[options.benchmark](arena, options, cleanUp);
  console.log(report);
  if (options.jsonFile !== undefined) await writeFile(options.jsonFile, JSON.stringify({ options, results }, null, 2));
}

const benchmarks = { pods, pull, stream, stats, handlers, recovery } as const;

async function pods(arena: Arena, options: BenchOptions, cleanUp: AsyncDisposableStack): Promise<Outcome> {
  const { running } = options;
  const contestants =
    running === undefined
      ? await Promise.all(options.contestants.map((name) => startContestant(arena, name, cleanUp)))
      : [contestantOf(arena, "server", running.socket, running.image)];
  const results = await benchPods(contestants, {
    ...turnsOf(options),
    sequentialPods: options.sequential,
    parallelPods: options.pods,
    parallel: options.parallel,
  });
  return { report: renderPodsReport(results), results };
}

async function pull(arena: Arena, options: BenchOptions, cleanUp: AsyncDisposableStack): Promise<Outcome> {
  const { running } = options;
  if (running !== undefined) {
    const server = { name: "server", endpoint: `unix://${running.socket}`, image: running.image };
    return pullOutcome(await benchPull([server], turnsOf(options)));
  }
  const { reference: image } = await pushLargeImage(arena.registry);
  const starting = options.contestants.map((name) => startPullContestant(arena, name, { image, cleanUp }));
  return pullOutcome(await benchPull(await Promise.all(starting), turnsOf(options)));
}

function pullOutcome(results: Awaited<ReturnType<typeof benchPull>>): Outcome {
  return { report: renderPullReport(results), results };
}

async function stream(arena: Arena, options: BenchOptions, cleanUp: AsyncDisposableStack): Promise<Outcome> {
  const { running } = options;
  const contestants =
    running === undefined
      ? await Promise.all(options.contestants.map((name) => startStreamContestant(arena, name, cleanUp)))
      : [streamContestantOf(contestantOf(arena, "server", running.socket, running.image), running.image)];
  const results = await benchStream(contestants, {
    ...turnsOf(options),
    sequentialExecs: options.sequential,
    sessions: options.sessions,
  });
  return { report: renderStreamReport(results), results };
}

async function stats(arena: Arena, options: BenchOptions, cleanUp: AsyncDisposableStack): Promise<Outcome> {
  const { running, pods, records, calls, parallel } = options;
  const contestants =
    running === undefined
      ? await Promise.all(options.contestants.map((name) => startStatsContestant(arena, name, cleanUp)))
      : [statsContestantOf(arena, contestantOf(arena, "server", running.socket, running.image), running.image)];
  const amounts = { pods, records, calls, parallel, pollSeconds: options.seconds };
  const results = await benchStats(contestants, { ...turnsOf(options), ...amounts });
  return { report: renderStatsReport(results), results };
}

async function recovery(arena: Arena, options: BenchOptions, cleanUp: AsyncDisposableStack): Promise<Outcome> {
  const { rounds, pods, parallel } = options;
  const { crispd, contestant } = await startRecoveryContestant(arena, cleanUp);
  const onRound = (round: number): void => console.error(`round ${round} of ${rounds}`);
  const results = await benchRecovery(crispd, contestant, { rounds, pods, parallel, onRound });
  return { report: renderRecoveryReport(results), results };
}

async function handlers(arena: Arena, options: BenchOptions, cleanUp: AsyncDisposableStack): Promise<Outcome> {
  const results = await benchHandlers(await startHandlerContestants(arena, cleanUp), {
    ...turnsOf(options),
    sequentialPods: options.sequential,
    parallelPods: options.sequential,
    execs: options.sequential,
  });
  return { report: renderHandlersReport(results), results };
}

function turnsOf({ rounds }: BenchOptions): TurnOptions {
  return { rounds, onTurn: (name, round) => console.error(`round ${round} of ${rounds}: ${name}`) };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
