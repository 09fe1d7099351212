import { Fault } from "#foundation";

const defaultRoot = "/var/lib/crisp";

const kinds = ["kill", "pause", "fail", "fail-late", "hang"] as const;
const moments = ["before", "after"] as const;
const keys: readonly string[] = ["do", "when", "act", "step", "nth"];
const mostFaults = 16;

/** One thing that is to go wrong, once. */
export interface PlannedFault {
  /**
   * kill: the daemon dies by SIGKILL. pause: it stops until it gets SIGCONT. The others are for commands: fail: it ends
   * with exit code 1 and has done nothing; fail-late: the same, but it has done its work; hang: it never ends by itself.
   */
  readonly do: "kill" | "pause" | "fail" | "fail-late" | "hang";
  /** For kill and pause. */
  readonly when: "before" | "after";
  /** What it is done to, and the act: `sandbox run`. */
  readonly act: string;
  /** Kind and name: `stage attach network`, `command bridge`, `act run`. */
  readonly step: string;
  /** Which of the steps of that name in acts of that name, counted from 1 since the daemon started. */
  readonly nth: number;
}

/** What is to go wrong in this daemon, for fault tests: an empty plan only tells of every step. */
export type FaultPlan = readonly PlannedFault[];

/**
 * Reads the fault plan from the environment, as JSON in CRISP_FAULT; undefined without one.
 *
 * @throws Fault `invalid` when it is not a plan, or the root is the one that nodes use: nobody's pods die for a test
 */
export function readFaultPlan(env: Readonly<Record<string, string | undefined>>, root: string): FaultPlan | undefined {
  const text = env["CRISP_FAULT"];
  if (text === undefined || text === "") return undefined;
  if (root === defaultRoot) throw refused(`refused with the root ${root}: it is for tests`);
  const plan = parsed(text);
  if (!Array.isArray(plan) || plan.length > mostFaults)
    throw refused(`a list of at most ${mostFaults} faults is wanted`);
  return plan.map(toFault);
}

function toFault(value: unknown): PlannedFault {
  if (typeof value !== "object" || value === null) throw refused("a fault is no object");
  const given: Readonly<Record<string, unknown>> = { ...value };
  const unknownKey = Object.keys(given).find((key) => !keys.includes(key));
  if (unknownKey !== undefined) throw refused(`unknown key ${unknownKey}`);
  return {
    do: oneOf(kinds, given, "do"),
    when: given["when"] === undefined ? "before" : oneOf(moments, given, "when"),
    act: textOf(given, "act"),
    step: textOf(given, "step"),
    nth: ordinalOf(given["nth"] ?? 1),
  };
}

function oneOf<T extends string>(allowed: readonly T[], given: Readonly<Record<string, unknown>>, key: string): T {
  const found = allowed.find((each) => each === given[key]);
  if (found === undefined) throw refused(`${key} is none of ${allowed.join(", ")}`);
  return found;
}

function textOf(given: Readonly<Record<string, unknown>>, key: string): string {
  const value = given[key];
  if (typeof value !== "string" || value === "") throw refused(`${key} is no text`);
  return value;
}

function ordinalOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) throw refused("nth is no number from 1");
  return value;
}

function refused(problem: string): Fault {
  return new Fault("invalid", `CRISP_FAULT: ${problem}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault("invalid", "CRISP_FAULT: not JSON", { cause });
  }
}
