import type { Readable, Writable } from "node:stream";
import { isErrno } from "../errno.ts";
import type { Native } from "../native/native.ts";
import type { Child, ExitStatus } from "../types.ts";
import { bury } from "./bury.ts";
import { readerOf, writerOf } from "./descriptors.ts";
import type { ProcessEnds } from "./ended.ts";
import { decodeChildEnd } from "./exit-status.ts";
import type { Started } from "./start.ts";

/** What a child needs of the kernel. */
export interface Kernel {
  readonly native: Native;
  readonly ends: ProcessEnds;
  /** The children that somebody waits for, from their start until they are reaped, by their numbers. */
  readonly owned: Map<number, LinuxChild>;
}

/** Reported when somebody else reaped the child: nothing tells how it ended. */
const unknownExit: ExitStatus = { exitCode: 255 };
const sigkill = 9;

/**
 * A child that was started, from then until it is reaped.
 *
 * Invariant: until it is reaped its number belongs to it, so that signals by
 * number are safe as long as `#hasEnded` is false.
 */
export class LinuxChild implements Child {
  readonly pid: number;
  readonly writers: Readonly<Record<number, Writable>>;
  readonly readers: Readonly<Record<number, Readable>>;
  readonly exited: Promise<ExitStatus>;
  readonly #isLeader: boolean;
  #killsGroupAtEnd = false;
  #hasEnded = false;

  /** Owns the pidfd and the pipes from now on. */
  constructor(kernel: Kernel, started: Started & { readonly pidfd: number }, isLeader: boolean) {
    this.pid = started.pid;
    this.#isLeader = isLeader;
    kernel.owned.set(started.pid, this);
    this.writers = mapValues(started.writers, writerOf);
    this.readers = mapValues(started.readers, readerOf);
    this.exited = new Promise((resolve) => this.#wait(kernel, started.pidfd, resolve));
  }

  kill(signal: number, target: "process" | "group" = "process"): void {
    if (!this.#hasEnded) this.#send(signal, target);
  }

  /** Also kills, once the child itself has ended, what it started and left in its group. */
  killGroupAtEnd(): void {
    this.#killsGroupAtEnd = true;
  }

  #wait(kernel: Kernel, pidfd: number, onExit: (status: ExitStatus) => void): void {
    kernel.ends.when(pidfd, () => {
      const status = endOf(kernel.native, this.pid);
      // The watch itself broke. Waiting for the end here would stop the daemon for as long as the child runs.
      if (status === undefined) return this.#wait(kernel, kernel.native.pidfdOpen(this.pid), onExit);
      // The last moment at which the group's number cannot have passed on to somebody else.
      if (this.#killsGroupAtEnd) this.#send(sigkill, "group");
      this.#hasEnded = true;
      void this.#bury(kernel);
      onExit(status);
    });
  }

  async #bury({ native, owned }: Kernel): Promise<void> {
    await bury(native, this.pid);
    // The number may be another child's by now.
    if (owned.get(this.pid) === this) owned.delete(this.pid);
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

/** Undefined when it has not. */
function endOf(native: Native, pid: number): ExitStatus | undefined {
  try {
    const end = native.endOf(pid);
    return end === undefined ? undefined : decodeChildEnd(end);
  } catch (error) {
    if (isErrno(error, "ECHILD")) return unknownExit;
    throw error;
  }
}

function mapValues<From, To>(from: Readonly<Record<number, From>>, change: (value: From) => To): Record<number, To> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
