import type { Readable, Writable } from "node:stream";
import { isErrno } from "../errno.ts";
import type { Native } from "../native/native.ts";
import type { Child, ExitStatus } from "../types.ts";
import { readerOf, writerOf } from "./descriptors.ts";
import type { ProcessEnds } from "./ended.ts";
import { decodeWaitStatus } from "./exit-status.ts";
import type { Started } from "./start.ts";

/** What a child needs of the kernel. */
export interface Kernel {
  readonly native: Native;
  readonly ends: ProcessEnds;
  /** The children that somebody waits for, from their start until they are reaped. */
  readonly owned: Set<number>;
}

/** Reported when somebody else reaped the child: nothing tells how it ended. */
const unknownExit: ExitStatus = { exitCode: 255 };
const sigkill = 9;
/** WNOHANG: answers at once. */
const noHang = 1;

/**
 * A child that was started, from then until it is reaped.
 *
 * Invariant: until it is reaped its number belongs to it, so that signals by
 * number are safe exactly as long as `#isReaped` is false.
 */
export class LinuxChild implements Child {
  readonly pid: number;
  readonly writers: Readonly<Record<number, Writable>>;
  readonly readers: Readonly<Record<number, Readable>>;
  readonly exited: Promise<ExitStatus>;
  readonly #isLeader: boolean;
  #killsGroupAtEnd = false;
  #isReaped = false;

  /** Owns the pidfd and the pipes from now on. */
  constructor(kernel: Kernel, started: Started & { readonly pidfd: number }, isLeader: boolean) {
    this.pid = started.pid;
    this.#isLeader = isLeader;
    kernel.owned.add(started.pid);
    this.writers = mapValues(started.writers, writerOf);
    this.readers = mapValues(started.readers, readerOf);
    this.exited = new Promise((resolve) => this.#wait(kernel, started.pidfd, resolve));
  }

  kill(signal: number, target: "process" | "group" = "process"): void {
    if (!this.#isReaped) this.#send(signal, target);
  }

  /** Also kills, once the child itself has ended, what it started and left in its group. */
  killGroupAtEnd(): void {
    this.#killsGroupAtEnd = true;
  }

  #wait(kernel: Kernel, pidfd: number, onExit: (status: ExitStatus) => void): void {
    kernel.ends.when(pidfd, () => {
      const status = this.#reap(kernel);
      if (status !== undefined) onExit(status);
      // The watch itself broke. Waiting in waitpid would stop the daemon for as long as the child runs.
      else this.#wait(kernel, kernel.native.pidfdOpen(this.pid), onExit);
    });
  }

  /** How the child ended; undefined when it has not. */
  #reap({ native, owned }: Kernel): ExitStatus | undefined {
    // The last moment at which the group's number cannot have passed on to somebody else.
    if (this.#killsGroupAtEnd) this.#send(sigkill, "group");
    const status = waitNow(native, this.pid);
    this.#isReaped = status !== undefined;
    if (this.#isReaped) owned.delete(this.pid);
    return status;
  }

  #send(signal: number, target: "process" | "group"): void {
    try {
      process.kill(target === "group" && this.#isLeader ? -this.pid : this.pid, signal);
    } catch (error) {
      // It ended, and its end has not been seen here yet.
      if (!isErrno(error, "ESRCH")) throw error;
    }
  }
}

function waitNow(native: Native, pid: number): ExitStatus | undefined {
  try {
    const status = native.waitpid(pid, noHang);
    return status === undefined ? undefined : decodeWaitStatus(status);
  } catch (error) {
    if (isErrno(error, "ECHILD")) return unknownExit;
    throw error;
  }
}

function mapValues<From, To>(from: Readonly<Record<number, From>>, change: (value: From) => To): Record<number, To> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
