import { abortReason, deadline, messageOf } from "#foundation";
import type { DoctorCheck, Finding, Repair, Report, ReportedCheck } from "./types.ts";

/** Time for one check; network plugins are asked in one of them, with a shorter one each. */
const checkBudgetMs = 30_000;
/** Time for one repair. It may wait for an act on the same object; later it goes on by itself. */
const repairBudgetMs = 30_000;

export interface ExamineOptions {
  /** Whether what can be mended is mended. */
  readonly repairs: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs all checks side by side, each with a deadline of its own: one that hangs costs only its own answer.
 *
 * With repairs, everything is looked at again after them: the report tells what is there at the end.
 */
export async function examine(checks: readonly DoctorCheck[], { repairs, signal }: ExamineOptions): Promise<Report> {
  const first = await lookAll(checks, signal);
  const broken = first.flatMap(findingsOf).filter(isRepairable);
  if (!repairs || broken.length === 0) return { checks: first, mended: [] };
  const errors = new Map<string, string>();
  // One after the other: one may take away what the next one stands on.
  for (const finding of broken) {
    const error = await attempt(finding.repair, signal);
    if (error !== undefined) errors.set(keyOf(finding), error);
  }
  const second = (await lookAll(checks, signal)).map((check) => withErrors(check, errors));
  const left = new Set(second.flatMap(findingsOf).map(keyOf));
  return { checks: second, mended: broken.filter((finding) => !left.has(keyOf(finding))) };
}

type Repairable = Finding & { readonly repair: Repair };

function isRepairable(finding: Finding): finding is Repairable {
  return finding.repair !== undefined;
}

function findingsOf(check: ReportedCheck): readonly Finding[] {
  return "findings" in check ? check.findings : [];
}

/** A finding is the same one when it says the same of the same thing. */
function keyOf({ where, what }: Finding): string {
  return `${where}\n${what}`;
}

function withErrors(check: ReportedCheck, errors: ReadonlyMap<string, string>): ReportedCheck {
  if (!("findings" in check)) return check;
  const findings = check.findings.map((finding) => {
    const repairError = errors.get(keyOf(finding));
    return repairError === undefined ? finding : { ...finding, repairError };
  });
  return { ...check, findings };
}

function lookAll(checks: readonly DoctorCheck[], signal: AbortSignal): Promise<readonly ReportedCheck[]> {
  return Promise.all(checks.map((check) => look(check, signal)));
}

async function look(check: DoctorCheck, signal: AbortSignal): Promise<ReportedCheck> {
  try {
    const { at, findings } = await within(checkBudgetMs, signal, (limit) => check.look(limit));
    return { name: check.name, at, findings };
  } catch (error) {
    signal.throwIfAborted();
    return { name: check.name, unexamined: messageOf(error) };
  }
}

/** Why a repair failed; undefined when it did not. */
async function attempt(repair: Repair, signal: AbortSignal): Promise<string | undefined> {
  try {
    await within(repairBudgetMs, signal, (limit) => repair.run(limit));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

async function within<T>(budgetMs: number, signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const limit = deadline(budgetMs, signal);
  return await Promise.race([work(limit), abortReason(limit)]);
}
