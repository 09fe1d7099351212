import { createCriClient } from "#client";
import type { Contestant } from "./contestant.ts";
import { measureRound, type Round, type RoundOptions } from "./measure.ts";
import { endPod, removePodsWith, startPod } from "./pod-cycle.ts";
import { ratioOf } from "./statistics.ts";
import { type Measure, mebibytes, milliseconds, type Rounds, renderTable } from "./table.ts";
import { type TurnOptions, takeTurns } from "./turns.ts";

/** What one round of one handler measured; times in milliseconds. */
interface HandlerRound extends Round {
  readonly execMs: readonly number[];
}

export interface HandlersBenchOptions extends Omit<RoundOptions, "round" | "parallel">, TurnOptions {
  /** Commands of a round, one after the other in one container. */
  readonly execs: number;
}

const callTimeoutMs = 120_000;

/** Measures the pods of handlers in turn, on one server or several; a first pod of each is not counted. */
export async function benchHandlers(
  contestants: readonly Contestant[],
  options: HandlersBenchOptions,
): Promise<readonly Rounds<HandlerRound>[]> {
  const warmUp = { ...options, sequentialPods: 1, parallelPods: 1, execs: 1 };
  for (const contestant of contestants) await measureHandler(contestant, warmUp, "warm-up");
  return takeTurns(contestants, options, (contestant, round) => measureHandler(contestant, options, String(round)));
}

async function measureHandler(
  contestant: Contestant,
  options: HandlersBenchOptions,
  round: string,
): Promise<HandlerRound> {
  const pods = await measureRound(contestant, { ...options, round, parallel: 1 });
  return { ...pods, execMs: await measureExecs(contestant, options.execs, round) };
}

async function measureExecs(contestant: Contestant, execs: number, round: string): Promise<readonly number[]> {
  const client = createCriClient({ endpoint: contestant.endpoint, timeoutMs: callTimeoutMs });
  try {
    const pod = await startPod(client, contestant.recipe(`e-${round}`));
    const times: number[] = [];
    for (let index = 0; index < execs; index += 1) {
      const startedAt = performance.now();
      const { exitCode } = await client.execSync({ containerId: pod.containerId, cmd: ["/bin/true"], timeout: 0n });
      times.push(performance.now() - startedAt);
      if (exitCode !== 0) throw new Error(`exec in a pod of ${contestant.name}: exit code ${exitCode}`);
    }
    await endPod(client, pod);
    return times;
  } finally {
    await removePodsWith(client, contestant.labels);
    client.close();
  }
}

const measures: readonly Measure<HandlerRound>[] = [
  { title: "start a pod, ms", samplesOf: ({ startMs }) => startMs, format: milliseconds },
  { title: "end a pod, ms", samplesOf: ({ endMs }) => endMs, format: milliseconds },
  { title: "exec, ms", samplesOf: ({ execMs }) => execMs, format: milliseconds },
  {
    title: "kept per pod beside the daemon, MiB PSS",
    samplesOf: ({ footprint }) => (footprint === undefined ? [] : [footprint.keptPssBytesPerPod]),
    format: mebibytes,
  },
];

/** Writes what handlers did as a table, and how much longer a start takes than with the reference, the last of them. */
export function renderHandlersReport(results: readonly Rounds<HandlerRound>[]): string {
  const reference = results.at(-1);
  const startsOf = ({ rounds }: Rounds<HandlerRound>): readonly (readonly number[])[] =>
    rounds.map(({ startMs }) => startMs);
  const ratios = results.slice(0, -1).flatMap((result) => {
    if (reference === undefined) return [];
    const { all, least, greatest } = ratioOf(startsOf(result), startsOf(reference));
    const spread = `${least.toFixed(2)}–${greatest.toFixed(2)}`;
    return [`start of ${result.name} to ${reference.name}: ${all.toFixed(2)} (by round ${spread})`];
  });
  return [renderTable(results, measures), "", ...ratios].join("\n");
}
