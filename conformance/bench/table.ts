import { median, quantile, ratioOf } from "./statistics.ts";

/** What one contestant did, round by round. */
export interface Rounds<Round> {
  readonly name: string;
  readonly rounds: readonly Round[];
}

/** One line of a report: what is measured, and where it stands in a round. */
export interface Measure<Round> {
  readonly title: string;
  readonly samplesOf: (round: Round) => readonly number[];
  readonly format: (value: number) => string;
}

export const milliseconds = (value: number): string => value.toFixed(1);
export const mebibytes = (value: number): string => (value / 2 ** 20).toFixed(2);
export const count = (value: number): string => value.toFixed(0);

/**
 * Writes what the contestants did as a table: for each the median and the 90th
 * percentile, and with two of them the first's ratio to the second's, with the
 * least and the greatest of single rounds.
 */
export function renderTable<Round>(results: readonly Rounds<Round>[], measures: readonly Measure<Round>[]): string {
  const rows = [headOf(results), ...measures.map((measure) => rowOf(measure, results))];
  return alignColumns(rows.filter((row) => row.length > 1));
}

function headOf(results: readonly Rounds<unknown>[]): readonly string[] {
  const names = results.flatMap(({ name }) => [name, "p90"]);
  return ["median", ...names, ...(results.length === 2 ? ["ratio", "by round"] : [])];
}

/** Empty when there is nothing to tell. */
function rowOf<Round>(measure: Measure<Round>, results: readonly Rounds<Round>[]): readonly string[] {
  const samples = results.map(({ rounds }) => rounds.map((round) => measure.samplesOf(round)));
  if (samples.every((rounds) => rounds.flat().length === 0)) return [];
  const columns = samples.flatMap((rounds) => {
    const all = rounds.flat();
    return all.length === 0 ? ["–", "–"] : [measure.format(median(all)), measure.format(quantile(all, 0.9))];
  });
  return [measure.title, ...columns, ...ratioColumns(samples)];
}

function ratioColumns(samples: readonly (readonly (readonly number[])[])[]): readonly string[] {
  const [ours, theirs, ...others] = samples;
  if (ours === undefined || theirs === undefined || others.length > 0) return [];
  if (ours.flat().length === 0 || theirs.flat().length === 0) return ["–", "–"];
  const ratio = ratioOf(ours, theirs);
  return [ratio.all.toFixed(2), `${ratio.least.toFixed(2)}–${ratio.greatest.toFixed(2)}`];
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
