/** SAFETY: signals processes that are not our children; by pidfd, so that it is the one that was asked for. */
import { isErrno } from "../errno.ts";
import type { Native } from "../native/native.ts";
import type { ProcessIdentity, ProcessWatch } from "../types.ts";
import type { Waiting } from "./ended.ts";
import { identifyProcess } from "./identity.ts";
import type { Kernel } from "./linux-child.ts";

/**
 * Watches a live process that need not be a child.
 *
 * The pidfd is opened first and the identity compared after: once it is open,
 * it is the process of that number and stays so.
 */
export function watchProcess(
  kernel: Kernel,
  wanted: ProcessIdentity | { readonly pid: number },
): ProcessWatch | undefined {
  const pidfd = openPidfd(kernel.native, wanted.pid);
  if (pidfd === undefined) return undefined;
  const watch = new LinuxWatch(kernel, wanted.pid, pidfd);
  const found = identifyProcess(wanted.pid);
  const isWanted = found !== undefined && (!("startTicks" in wanted) || wanted.startTicks === found.startTicks);
  if (isWanted) return watch;
  watch.close();
  return undefined;
}

class LinuxWatch implements ProcessWatch {
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly #native: Native;
  readonly #waiting: Waiting;
  /** Undefined once it is closed: the number is somebody else's then. */
  #pidfd: number | undefined;

  constructor({ native, ends }: Kernel, pid: number, pidfd: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.pid = pid;
    this.ended = promise;
    this.#native = native;
    this.#pidfd = pidfd;
    this.#waiting = ends.when(pidfd, () => {
      this.#pidfd = undefined;
      resolve();
    });
  }

  kill(signal: number): boolean {
    if (this.#pidfd === undefined) return false;
    try {
      this.#native.pidfdSendSignal(this.#pidfd, signal);
      return true;
    } catch (error) {
      if (isErrno(error, "ESRCH")) return false;
      throw error;
    }
  }

  close(): void {
    this.#pidfd = undefined;
    this.#waiting.close();
  }
}

function openPidfd(native: Native, pid: number): number | undefined {
  try {
    return native.pidfdOpen(pid);
  } catch (error) {
    // EINVAL: the number of a thread, or none at all. Since Linux 6.15 ENOENT is the number of a thread.
    if (isErrno(error, "ESRCH", "EINVAL", "ENOENT")) return undefined;
    throw error;
  }
}
