import type { CheckResult } from "#conformance";

const words = { passed: "ok  ", failed: "FAIL", unsupported: "none" } as const;

/** One check's line, and below it what was seen where that is not what must be. */
export function renderResult({ name, outcome, durationMs, problem }: CheckResult): string {
  const time = `${durationMs} ms`.padStart(9);
  return `${words[outcome]} ${time}  ${name}\n${problem === "" ? "" : `${" ".repeat(16)}${problem}\n`}`;
}

/** How many of each. */
export function renderSummary(results: readonly CheckResult[]): string {
  const count = (wanted: CheckResult["outcome"]): number => results.filter(({ outcome }) => outcome === wanted).length;
  const unsupported = count("unsupported");
  const rest = unsupported === 0 ? "" : `, ${unsupported} that the server does not have`;
  return `${count("passed")} of ${results.length} passed, ${count("failed")} failed${rest}\n`;
}
