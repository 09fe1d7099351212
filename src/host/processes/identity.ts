import { readFileSync } from "node:fs";
import { isErrno } from "../errno.ts";
import type { ProcessIdentity } from "../types.ts";

/** What /proc/PID/stat tells of a process that matters here. */
export interface ProcessStat {
  /** One letter: R, S, D, Z … */
  readonly state: string;
  readonly startTicks: bigint;
}

/**
 * The identity of a live process; undefined when it has ended or is a zombie.
 *
 * Reads /proc on the main thread: the kernel answers from memory.
 */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (stat === undefined || hasEnded(stat)) return undefined;
  return { pid, startTicks: stat.startTicks };
}

/** Takes a line of /proc/PID/stat apart. The command's name may hold spaces and parentheses: the last ")" ends it. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, ticks] = [fields[0], fields[19]];
  if (!state || ticks === undefined || !/^\d+$/.test(ticks)) return undefined;
  return { state, startTicks: BigInt(ticks) };
}

function hasEnded(stat: ProcessStat): boolean {
  return stat.state === "Z" || stat.state === "X" || stat.state === "x";
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
