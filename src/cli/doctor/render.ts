import type { Examination, ExamineResponse, Finding } from "#proto/crisp/v1/admin_pb.js";

/** An examination in plain words: each check with what it has found, then the sum of it. */
export function renderExamination({ checks, mended }: ExamineResponse, isDryRun: boolean): string {
  return [
    ...checks.flatMap((check) => renderCheck(check, isDryRun)),
    ...(mended.length === 0 ? [] : ["", "Mended:", ...mended.map(renderMended)]),
    "",
    renderSum(checks),
    "",
  ].join("\n");
}

function renderCheck({ name, lookedAt, unexamined, findings }: Examination, isDryRun: boolean): readonly string[] {
  if (unexamined !== "") return [`?        ${name}: nobody could look: ${printable(unexamined)}`];
  if (findings.length === 0) return [`ok       ${name}: ${printable(lookedAt)}`];
  return findings.flatMap((finding) => renderFinding(name, finding, isDryRun));
}

function renderFinding(name: string, finding: Finding, isDryRun: boolean): readonly string[] {
  const { severity, where, what, why, advice, repair, repairError } = finding;
  return [
    `${severity.padEnd(8)} ${name}: ${printable(where)}: ${printable(what)}`,
    `         why it matters: ${printable(why)}`,
    `         what to do: ${printable(advice)}`,
    ...(repair === "" ? [] : [`         ${isDryRun ? "--repair would" : "--repair can"}: ${printable(repair)}`]),
    ...(repairError === "" ? [] : [`         the repair failed: ${printable(repairError)}`]),
  ];
}

function renderMended({ where, what, repair }: Finding): string {
  return `  ${printable(where)}: ${printable(what)} (${printable(repair)})`;
}

function renderSum(checks: readonly Examination[]): string {
  const findings = checks.flatMap((check) => check.findings);
  const problems = findings.filter(({ severity }) => severity === "problem").length;
  const unexamined = checks.filter((check) => check.unexamined !== "").length;
  const parts = [
    `${counted(problems, "problem")}, ${counted(findings.length - problems, "warning")}`,
    ...(unexamined === 0 ? [] : [`${counted(unexamined, "check")} could not be made`]),
  ];
  return findings.length === 0 && unexamined === 0 ? "All is well." : `${parts.join("; ")}.`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Names of files and words of programs may hold anything: control characters would reach the person's terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
