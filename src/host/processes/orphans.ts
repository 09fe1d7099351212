/** SAFETY: makes this whole process adopt orphans, and reaps children that it did not start itself. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { isErrno } from "../errno.ts";
import type { Native } from "../native/native.ts";
import { bury } from "./bury.ts";

/** Between two looks; who was seen dead at two of them has nobody who waits for it. */
const periodMs = 1_000;

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
    // Mostly nobody: asking once is all that this costs then, however many children there are.
    if (!isSomebodyDead(native)) {
      seen = new Set();
      return;
    }
    const dead = children().filter((pid) => !isOwned(pid) && isDead(native, pid));
    for (const pid of dead) if (seen.has(pid)) void bury(native, pid);
    seen = new Set(dead);
  };
  setInterval(look, periodMs).unref();
}

/** Children of ours with this working directory. */
export function orphansIn(directory: string): readonly number[] {
  return children().filter((pid) => directoryOf(pid) === directory);
}

/** All with this working directory, which is there. */
export function processesIn(directory: string): readonly number[] {
  // Where /var/run is a link, the kernel names what it leads to.
  const place = realpathSync(directory);
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => directoryOf(pid) === place);
}

function directoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    // It has ended, or is a zombie; or is none that we may look at, and with that none of ours.
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
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

function isSomebodyDead(native: Native): boolean {
  return orWithoutChild(() => native.hasEndedChild());
}

function isDead(native: Native, pid: number): boolean {
  return orWithoutChild(() => native.endOf(pid) !== undefined);
}

/** False when there is no such child: somebody else waited for it meanwhile. */
function orWithoutChild(ask: () => boolean): boolean {
  try {
    return ask();
  } catch (error) {
    if (isErrno(error, "ECHILD")) return false;
    throw error;
  }
}
