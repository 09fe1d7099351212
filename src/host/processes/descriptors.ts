import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { Native } from "../native/native.ts";
import type { ChildDescriptor } from "../types.ts";

/** A descriptor of the child to be: what is put there, and our end of it when it is a pipe. */
interface Plan {
  readonly target: number;
  readonly kind: "null" | "copy" | "writer" | "reader";
  /** What the child gets; ours to close after the start unless the caller handed it in. */
  readonly source: number;
  /** Our end of a pipe; -1 when there is none. */
  readonly ours: number;
}

/** Our ends of a child's pipes, as bare descriptors: `writers[0]` feeds its standard input. */
export interface PipeEnds {
  readonly writers: Readonly<Record<number, number>>;
  readonly readers: Readonly<Record<number, number>>;
}

/**
 * What the descriptors of a child will be. Holds open descriptors until it is
 * told that the child started, or that it did not.
 *
 * Invariant: every source lies above every target, so that no file action
 * overwrites the source of a later one.
 */
export class ChildDescriptors {
  readonly #native: Native;
  readonly #plans: Plan[] = [];

  constructor(native: Native, descriptors: Readonly<Record<number, ChildDescriptor>>) {
    this.#native = native;
    const wanted: Record<number, ChildDescriptor> = { 0: "null", 1: "null", 2: "null", ...descriptors };
    const targets = Object.keys(wanted).map(Number);
    const least = Math.max(...targets) + 1;
    try {
      for (const target of targets) this.#plans.push(this.#plan(target, wanted[target] ?? "null", least));
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /**
   * Adds the steps that put every descriptor in its place, and close what the child is not to have.
   *
   * All would be closed when its program is executed, but a moment after the start has been told as done: a program that
   * was just written would be open for writing in a child, and could not be executed.
   */
  addTo(actions: Buffer): void {
    const { open, duplicate, close, closeFrom } = this.#native.spawnActions;
    for (const { kind, source, target } of this.#plans) {
      if (kind === "null") open(actions, target, "/dev/null");
      else duplicate(actions, source, target);
    }
    const targets = new Set(this.#plans.map(({ target }) => target));
    const end = Math.max(...targets) + 1;
    for (let fd = 0; fd < end; fd += 1) if (!targets.has(fd)) close(actions, fd);
    closeFrom(actions, end);
  }

  /** The child has its copies: closes ours, and answers with the ends that are ours to use. */
  started(): PipeEnds {
    for (const plan of this.#plans) closeIfOpen(plan.source);
    return { writers: this.#ours("writer"), readers: this.#ours("reader") };
  }

  /** There is no child: closes everything. */
  discard(): void {
    for (const plan of this.#plans) {
      closeIfOpen(plan.source);
      closeIfOpen(plan.ours);
    }
  }

  #ours(kind: Plan["kind"]): Readonly<Record<number, number>> {
    const plans = this.#plans.filter((plan) => plan.kind === kind);
    return Object.fromEntries(plans.map((plan) => [plan.target, plan.ours]));
  }

  #plan(target: number, wanted: ChildDescriptor, least: number): Plan {
    if (wanted === "null") return { target, kind: "null", source: -1, ours: -1 };
    if (typeof wanted === "object") {
      return { target, kind: "copy", source: this.#native.duplicate(wanted.fd, least), ours: -1 };
    }
    const [readEnd, writeEnd] = this.#native.pipe();
    if (wanted === "pipe-to-child") {
      return { target, kind: "writer", source: this.#lift(readEnd, least), ours: writeEnd };
    }
    return { target, kind: "reader", source: this.#lift(writeEnd, least), ours: readEnd };
  }

  #lift(fd: number, least: number): number {
    if (fd >= least) return fd;
    const lifted = this.#native.duplicate(fd, least);
    closeSync(fd);
    return lifted;
  }
}

/** Makes a stream of the end of a pipe that we write to. */
export function writerOf(fd: number): Writable {
  return withoutCrash(new Socket({ fd, readable: false, writable: true }));
}

/** Makes a stream of the end of a pipe that we read from. */
export function readerOf(fd: number): Readable {
  return withoutCrash(new Socket({ fd, readable: true, writable: false }));
}

/** A child that ends early must not end the daemon: an owner that cares listens too, and `close` comes anyway. */
function withoutCrash(socket: Socket): Socket {
  return socket.on("error", () => socket.destroy());
}

function closeIfOpen(fd: number): void {
  if (fd >= 0) closeSync(fd);
}

/** Closes our ends of a child's pipes, for a child that nobody will talk to. */
export function closePipes(ends: PipeEnds): void {
  for (const fd of [...Object.values(ends.writers), ...Object.values(ends.readers)]) closeSync(fd);
}
