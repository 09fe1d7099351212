import { Fault } from "#foundation";
import { describeErrno, errnoOf, SystemError } from "./errno.ts";
import type { StuckProcess } from "./types.ts";

/**
 * A failed act on something of the machine, in one lower-case line: "read /x: no such file or directory".
 *
 * Node's own messages begin with the errno and repeat the path; the errno is a fact here.
 */
export function hostFault(act: string, thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const errno = errnoOf(thrown);
  const kind = Fault.from(thrown).kind;
  if (errno === undefined || !isNumbered(thrown)) return Fault.within(act, thrown);
  return new Fault(kind, `${act}: ${describeErrno(thrown)}`, {
    reason: { code: "host.system-call", errno },
    cause: thrown,
  });
}

/** A failed act of a program of ours, which told the errno. */
export function faultOfErrno(act: string, call: string, errno: number): Fault {
  return hostFault(act, new SystemError(call, errno));
}

/** When a program's name leads to no file in the daemon's PATH, or its path to none. */
export function programNotFound(program: string, cause?: unknown): Fault {
  return new Fault("not-found", `start ${program}: the program does not exist`, {
    reason: { code: "host.program-not-found", program },
    cause,
  });
}

/** When a program is there but may not be executed. */
export function programDenied(program: string, cause?: unknown): Fault {
  return new Fault("denied", `start ${program}: the program may not be executed`, {
    reason: { code: "host.program-denied", program },
    cause,
  });
}

/** When a process does not end although it was killed: it hangs in the kernel, most often on a dead disk or server. */
export function processStuck(
  program: string,
  pid: number,
  { stdout, stuck }: { readonly stdout: Buffer; readonly stuck: StuckProcess | undefined },
): Fault {
  const where = stuck === undefined ? "" : `: ${tellStuck(stuck)}`;
  return new Fault("timed-out", `run ${program}: process ${pid} does not end after being killed${where}`, {
    reason: { code: "host.process-stuck", program, pid, stdout: stdout.toString("utf8", 0, toldOutputBytes) },
  });
}

/** What a program said before it hung is a fact of the fault, up to this much. */
const toldOutputBytes = 4_096;

/** A process that hangs in the kernel, in words: "process 12 (cat) hangs in the kernel: request_wait_answer < …". */
export function tellStuck({ pid, name, waitsIn }: StuckProcess): string {
  return `process ${pid} (${name}) hangs in the kernel${waitsIn.length === 0 ? "" : `: ${waitsIn.join(" < ")}`}`;
}

/** When a tree to be removed holds a mount, whose content must not be removed with it. */
export function mountInTree(path: string, mount: string): Fault {
  return new Fault("busy", `remove ${path}: ${mount} is a mount`, {
    reason: { code: "host.mount-in-tree", path, mount },
  });
}

/** When a tree cannot be shown with other owners: no idmapped mounts in the kernel, or not on this file system. */
export function idmapUnsupported(source: string, cause: unknown): Fault {
  return new Fault("unsupported", `map the owners of ${source}: the kernel or the file system has no idmapped mounts`, {
    reason: { code: "host.idmap-unsupported", source },
    cause,
  });
}

/** When processes are still in a cgroup that is to be removed. */
export function cgroupBusy(path: string, pids: readonly number[]): Fault {
  const holders = pids.length === 0 ? "the kernel still holds it" : `processes ${pids.join(", ")} are in it`;
  return new Fault("busy", `remove cgroup ${path}: ${holders}`, {
    reason: { code: "host.cgroup-busy", path, pids },
  });
}

/** When another process holds a lock file. */
export function lockHeld(path: string, holder: number | undefined): Fault {
  const by = holder === undefined ? "another process" : `process ${holder}`;
  return new Fault("busy", `lock ${path}: held by ${by}`, { reason: { code: "host.lock-held", path, holder } });
}

/** When a process that is to be adopted is not our child. */
export function noChild(pid: number, cause?: unknown): Fault {
  return new Fault("not-found", `adopt process ${pid}: it is no child of this process`, {
    reason: { code: "host.no-child", pid },
    cause,
  });
}

function isNumbered(thrown: unknown): thrown is Error & { readonly errno: number } {
  return thrown instanceof Error && "errno" in thrown && typeof thrown.errno === "number";
}
