import type { Round } from "./measure.ts";
import type { ContestantRounds } from "./pods.ts";
import { median, quantile, ratioOf } from "./statistics.ts";

/** One line of the report: what is measured, and where it stands in a round. */
interface Measure {
  readonly title: string;
  readonly samplesOf: (round: Round) => readonly number[];
  readonly format: (value: number) => string;
}

const milliseconds = (value: number): string => value.toFixed(1);
const mebibytes = (value: number): string => (value / 2 ** 20).toFixed(2);

const measures: readonly Measure[] = [
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

/**
 * Writes what the contestants did as a table: for each the median and the 90th
 * percentile, and with two of them the first's ratio to the second's, with the
 * least and the greatest of single rounds.
 */
export function renderPodsReport(results: readonly ContestantRounds[]): string {
  const methods = [...new Set(results.flatMap(({ rounds }) => rounds.flatMap((round) => Object.keys(round.callMs))))];
  const calls = methods.map(
    (method): Measure => ({
      title: `  ${method}, ms`,
      samplesOf: (round) => round.callMs[method] ?? [],
      format: milliseconds,
    }),
  );
  const rows = [headOf(results), ...[...measures, ...calls].map((measure) => rowOf(measure, results))];
  return alignColumns(rows.filter((row) => row.length > 1));
}

function headOf(results: readonly ContestantRounds[]): readonly string[] {
  const names = results.flatMap(({ name }) => [name, "p90"]);
  return ["median", ...names, ...(results.length === 2 ? ["ratio", "by round"] : [])];
}

/** Empty when there is nothing to tell. */
function rowOf(measure: Measure, results: readonly ContestantRounds[]): readonly string[] {
  const samples = results.map(({ rounds }) => rounds.map((round) => measure.samplesOf(round)));
  if (samples.every((rounds) => rounds.flat().length === 0)) return [];
  const columns = samples.flatMap((rounds) => [
    measure.format(median(rounds.flat())),
    measure.format(quantile(rounds.flat(), 0.9)),
  ]);
  return [measure.title, ...columns, ...ratioColumns(samples)];
}

function ratioColumns(samples: readonly (readonly (readonly number[])[])[]): readonly string[] {
  const [ours, theirs, ...others] = samples;
  if (ours === undefined || theirs === undefined || others.length > 0) return [];
  const ratio = ratioOf(ours, theirs);
  return [ratio.all.toFixed(2), `${ratio.least.toFixed(2)}–${ratio.greatest.toFixed(2)}`];
}

function keptOf({ footprint }: Round): readonly number[] {
  return footprint === undefined ? [] : [footprint.keptPssBytesPerPod];
}

function daemonOf({ footprint }: Round): readonly number[] {
  return footprint === undefined ? [] : [footprint.daemonRssBytes];
}

/** The first column to the left, all others to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column === 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function pad(cell: string, width: number, isText: boolean): string {
  return isText ? cell.padEnd(width) : cell.padStart(width);
}
