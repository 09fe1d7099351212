import { z } from "zod";
import { Fault } from "#foundation";

const defaultRoot = "/var/lib/crisp";

const fault = z.strictObject({
  do: z.enum(["kill", "pause", "fail", "fail-late", "hang"]),
  when: z.enum(["before", "after"]).default("before"),
  act: z.string().min(1),
  step: z.string().min(1),
  nth: z.int().min(1).default(1),
});

const plan = z.array(fault).max(16);

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
  if (root === defaultRoot) throw new Fault("invalid", `CRISP_FAULT: refused with the root ${root}: it is for tests`);
  const { success, data, error } = plan.safeParse(parsed(text));
  if (!success) throw new Fault("invalid", `CRISP_FAULT: ${z.prettifyError(error).replaceAll("\n", " ")}`);
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault("invalid", "CRISP_FAULT: not JSON", { cause });
  }
}
