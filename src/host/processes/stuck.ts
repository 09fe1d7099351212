import { readFileSync } from "node:fs";
import { isErrno } from "../errno.ts";
import type { StuckProcess } from "../types.ts";
import { parseProcessStat } from "./identity.ts";

/** Functions that are told of the kernel's stack: the uppermost ones say what is waited for. */
const toldFunctions = 4;

/**
 * Where a process waits in the kernel, deaf to every signal (state D); undefined when it does not.
 *
 * The kernel answers from memory; the stack is root's alone, and empty for others.
 */
export function describeStuck(pid: number): StuckProcess | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "latin1");
    if (parseProcessStat(line)?.state !== "D") return undefined;
    const name = line.slice(line.indexOf("(") + 1, line.lastIndexOf(")"));
    return { pid, name, waitsIn: parseKernelStack(readFileSync(`/proc/${pid}/stack`, "latin1")) };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/** The functions of /proc/PID/stack, innermost first: `[<0>] request_wait_answer+0x12f/0x210`. */
export function parseKernelStack(text: string): readonly string[] {
  const names = [...text.matchAll(/^\[<[^>]*>\] ([^+\s]+)/gm)].map(([, name = ""]) => name);
  return names.slice(0, toldFunctions);
}
