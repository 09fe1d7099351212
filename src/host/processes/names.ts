import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { isErrno } from "../errno.ts";
import { identifyProcess } from "./identity.ts";

/** Processes that are looked at in one turn of the event loop: about a millisecond. */
const batchSize = 64;

/** See `Processes.names`. */
export async function readProcessNames(
  pids: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  for (const [index, pid] of pids.entries()) {
    if (index > 0 && index % batchSize === 0) await setImmediate();
    signal?.throwIfAborted();
    // A zombie still has its name.
    const name = identifyProcess(pid) === undefined ? undefined : readName(pid);
    if (name !== undefined) names.set(pid, name);
  }
  return names;
}

function readName(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
