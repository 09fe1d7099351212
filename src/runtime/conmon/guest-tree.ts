import { runtimeFailed } from "../faults.ts";

const sigkill = 9;
const sigstop = 19;
/** Deeper than commands start one another. */
const mostPasses = 64;

/** A process in a kernel of its own, by its numbers there. */
export interface GuestProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name?: string | undefined;
}

/** The processes of a kernel of its own, as its runtime reaches them. */
export interface Guest {
  list(): Promise<readonly GuestProcess[]>;
  /** Answers whether the signal was taken. */
  signal(pid: number, signal: number): Promise<boolean>;
}

/**
 * Kills a process in a kernel of its own, and all that descend from it.
 *
 * All are stopped first, parents before children, until there are no new ones: what stands still starts nothing, and loses
 * no child to the first process, among whose children nobody would find it again.
 *
 * @throws Fault `broken` when one is there and does not take the signal
 */
export async function killGuestTree(guest: Guest, root: number): Promise<void> {
  const doomed = new Set<number>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const found = descendantsOf(await guest.list(), root).filter((pid) => !doomed.has(pid));
    if (found.length === 0) break;
    for (const pid of found) doomed.add(pid);
    await signalAll(guest, found, sigstop);
  }
  await assertGone(guest, await signalAll(guest, [...doomed], sigkill));
}

/** The root and those that descend from it, as far as they are there; parents before children. */
function descendantsOf(processes: readonly GuestProcess[], root: number): readonly number[] {
  const found = processes.filter(({ pid }) => pid === root).map(({ pid }) => pid);
  for (const parent of found) {
    found.push(...processes.filter((each) => each.parent === parent && each.pid !== parent).map(({ pid }) => pid));
  }
  return found;
}

/**
 * Reads the table that runsc's `ps` writes.
 *
 * @see https://github.com/google/gvisor/blob/release-20221219.0/pkg/sentry/control/proc.go
 */
export function parseGuestProcesses(table: string): readonly GuestProcess[] {
  const [heading = "", ...lines] = table.trim().split("\n");
  const columns = heading.trim().split(/\s+/);
  const [pidAt, parentAt, nameAt] = ["PID", "PPID", "CMD"].map((column) => columns.indexOf(column)) as [
    number,
    number,
    number,
  ];
  if (pidAt < 0 || parentAt < 0) throw runtimeFailed("list processes", `no column PID or PPID in ${heading}`);
  return lines.map((line) => {
    const fields = line.trim().split(/\s+/);
    return {
      pid: Number(fields[pidAt]),
      parent: Number(fields[parentAt]),
      name: nameAt < 0 ? undefined : fields.slice(nameAt).join(" "),
    };
  });
}

/** Answers with those that did not take it. */
async function signalAll(guest: Guest, pids: readonly number[], signal: number): Promise<readonly number[]> {
  const taken = await Promise.all(pids.map((pid) => guest.signal(pid, signal)));
  return pids.filter((_pid, index) => taken[index] === false);
}

/** One that has ended meanwhile takes no signal. */
async function assertGone(guest: Guest, refusing: readonly number[]): Promise<void> {
  if (refusing.length === 0) return;
  const left = (await guest.list()).filter(({ pid }) => refusing.includes(pid)).map(({ pid }) => pid);
  if (left.length > 0) throw runtimeFailed("kill a command's processes", `still there: ${left.join(", ")}`);
}
