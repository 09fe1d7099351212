import { settlesWithin } from "#foundation";
import type { Host, ProcessIdentity } from "#host";

type LifeDeps = Pick<Host, "processes">;

const sigkill = 9;
/** More generations than a program of ours, or a shim, has. */
const mostPasses = 16;

/** Whether a process is there, and is not another one of the same number. */
export function isAlive({ processes }: LifeDeps, { pid, startTicks }: ProcessIdentity): boolean {
  return processes.identify(pid)?.startTicks === startTicks;
}

/** Whether a process has ended, or ends within this time. */
export async function endsWithin({ processes }: LifeDeps, process: ProcessIdentity, ms: number): Promise<boolean> {
  const watch = processes.watch(process);
  if (watch === undefined) return true;
  try {
    return await settlesWithin(watch.ended, ms);
  } finally {
    watch.close();
  }
}

/** Ends a process, and returns when it has ended. None is success. */
export async function killProcess({ processes }: LifeDeps, process: ProcessIdentity): Promise<void> {
  const watch = processes.watch(process);
  if (watch === undefined) return;
  try {
    watch.kill(sigkill);
    await watch.ended;
  } finally {
    watch.close();
  }
}

/** Ends all that `find` finds, and what these have started meanwhile; answers with their numbers. */
export async function killFound(deps: LifeDeps, find: () => readonly ProcessIdentity[]): Promise<readonly number[]> {
  const pids: number[] = [];
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const found = find();
    if (found.length === 0) break;
    for (const process of found) await killProcess(deps, process);
    pids.push(...found.map(({ pid }) => pid));
  }
  return pids;
}
