import type { Round } from "./measure.ts";
import type { ContestantRounds } from "./pods.ts";
import { type Measure, mebibytes, milliseconds, renderTable } from "./table.ts";

const measures: readonly Measure<Round>[] = [
  { title: "start a pod, ms (run + create + start)", samplesOf: (round) => round.startMs, format: milliseconds },
  { title: "end a pod, ms (stop + remove)", samplesOf: (round) => round.endMs, format: milliseconds },
  {
    title: "pods started per second, in parallel",
    samplesOf: (round) => [round.podsStartedPerSecond],
    format: milliseconds,
  },
  {
    title: "pods ended per second, in parallel",
    samplesOf: (round) => [round.podsEndedPerSecond],
    format: milliseconds,
  },
  { title: "kept per pod beside the daemon, MiB PSS", samplesOf: (round) => keptOf(round), format: mebibytes },
  { title: "the daemon with all pods, MiB RSS", samplesOf: (round) => daemonOf(round), format: mebibytes },
];

/** Writes what the contestants did with pods as a table. */
export function renderPodsReport(results: readonly ContestantRounds[]): string {
  const methods = [...new Set(results.flatMap(({ rounds }) => rounds.flatMap((round) => Object.keys(round.callMs))))];
  const calls = methods.map(
    (method): Measure<Round> => ({
      title: `  ${method}, ms`,
      samplesOf: (round) => round.callMs[method] ?? [],
      format: milliseconds,
    }),
  );
  return renderTable(results, [...measures, ...calls]);
}

function keptOf({ footprint }: Round): readonly number[] {
  return footprint === undefined ? [] : [footprint.keptPssBytesPerPod];
}

function daemonOf({ footprint }: Round): readonly number[] {
  return footprint === undefined ? [] : [footprint.daemonRssBytes];
}
