/** SAFETY: makes this whole process adopt orphans, and reaps children that it did not start itself. */
import { readFileSync } from "node:fs";
import { isErrno } from "../errno.ts";
import type { Native } from "../native/native.ts";

/** Between two looks; who was seen dead at two of them has nobody who waits for it. */
const periodMs = 1_000;
/** WNOHANG. */
const noHang = 1;

/**
 * Makes this process the parent of what its descendants leave behind, and buries those that nobody adopts.
 *
 * A process that a short-lived program starts for us (a command in a container, started by the runtime) can be waited
 * for only as its parent.
 *
 * @param isOwned whether somebody waits for a child already
 */
export function becomeSubreaper(native: Native, isOwned: (pid: number) => boolean): void {
  native.becomeSubreaper();
  let seen: ReadonlySet<number> = new Set();
  const look = (): void => {
    const dead = children().filter((pid) => !isOwned(pid) && isDead(native, pid));
    for (const pid of dead) if (seen.has(pid)) native.waitpid(pid, noHang);
    seen = new Set(dead);
  };
  setInterval(look, periodMs).unref();
}

/** Orphans come to the first thread of their new parent. */
function children(): readonly number[] {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch (error) {
    // A kernel without this list keeps the dead until we end.
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

function isDead(native: Native, pid: number): boolean {
  try {
    return native.hasEnded(pid);
  } catch (error) {
    // Somebody else waited for it meanwhile.
    if (isErrno(error, "ECHILD")) return false;
    throw error;
  }
}
