import type { FaultCase } from "./cases.ts";

/** How a case went. */
export interface CaseResult {
  readonly scenario: string;
  readonly name: string;
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** The line by which a case is told of and selected. */
export function lineOf({ scenario, name }: Pick<FaultCase, "scenario" | "name">): string {
  return `${scenario}: ${name}`;
}

/** What was tried of what was to be tried. */
export interface Report {
  readonly results: readonly CaseResult[];
  /** More than the results where somebody interrupted it. */
  readonly planned: number;
}

/** Counts for each scenario, then every case that failed with what was wrong or left. */
export function renderReport({ results, planned }: Report): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const rows = scenarios.map((scenario) => {
    const own = results.filter((each) => each.scenario === scenario);
    const failed = own.filter(({ problems }) => problems.length > 0).length;
    const seconds = own.reduce((sum, each) => sum + each.seconds, 0);
    return [scenario, String(own.length), String(own.length - failed), String(failed), seconds.toFixed(0)];
  });
  const failures = results.filter(({ problems }) => problems.length > 0);
  return [
    ...align([["scenario", "cases", "passed", "failed", "seconds"], ...rows]),
    ...failures.flatMap((each) => ["", `FAILED ${lineOf(each)}`, ...each.problems.flatMap(indented)]),
    "",
    verdictOf({ results, planned }, failures.length),
  ].join("\n");
}

function verdictOf({ results, planned }: Report, failures: number): string {
  const tried = results.length;
  if (failures > 0 && tried === planned) return `${failures} of ${tried} faults have left something, or lost it`;
  if (tried === planned) return `${tried} faults: nothing was lost, and nothing is left`;
  const found = failures === 0 ? "none of which has" : `${failures} of which have`;
  return `interrupted after ${tried} of ${planned} faults, ${found} left something, or lost it`;
}

function indented(problem: string): readonly string[] {
  return problem.split("\n").map((line) => `  ${line}`);
}

/** Columns side by side: the first to the left, numbers to the right. */
function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}
