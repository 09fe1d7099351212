import { writeFile } from "node:fs/promises";
import { benchPods, type ContestantRounds } from "../conformance/bench/pods.ts";
import { renderPodsReport } from "../conformance/bench/report.ts";
import { type Arena, openArena } from "./bench/arena.ts";
import { contestantOf, startContestant } from "./bench/contestants.ts";
import { type BenchOptions, parseBenchOptions } from "./bench/options.ts";
import { closeOnSignals } from "./lifetime/close-on-signals.ts";

/** Measures crisp beside the machine's containerd, and prints how they compare. */
async function main(args: readonly string[]): Promise<void> {
  const options = parseBenchOptions(args);
  await using arena = await openArena();
  closeOnSignals(() => arena.workspace.close());
  await using cleanUp = new AsyncDisposableStack();
  const results = await bench(arena, options, cleanUp);
  console.log(renderPodsReport(results));
  if (options.jsonFile !== undefined) await writeFile(options.jsonFile, JSON.stringify({ options, results }, null, 2));
}

async function bench(
  arena: Arena,
  options: BenchOptions,
  cleanUp: AsyncDisposableStack,
): Promise<readonly ContestantRounds[]> {
  const { running } = options;
  const contestants =
    running === undefined
      ? await Promise.all(options.contestants.map((name) => startContestant(arena, name, cleanUp)))
      : [contestantOf(arena, "server", running.socket, running.image)];
  return benchPods(contestants, {
    rounds: options.rounds,
    sequentialPods: options.sequential,
    parallelPods: options.pods,
    parallel: options.parallel,
    onTurn: (name, round) => console.error(`round ${round} of ${options.rounds}: ${name}`),
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
