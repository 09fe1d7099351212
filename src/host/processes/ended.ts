import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { SystemError } from "../errno.ts";
import type { Native } from "../native.ts";

/** The part of Node's internal pipe handle that is used here. */
interface PipeHandle {
  open(fd: number): number;
}

type PipeClass = new (kind: number) => PipeHandle;

/** An event that is waited for; closing it gives up waiting and closes the descriptor. */
export interface Waiting {
  close(): void;
}

const plainPipe = 0;

/**
 * Waits for the ends of processes by their pidfds.
 *
 * A pidfd becomes readable when its process ends, so libuv's own epoll is the
 * one place that has to wait: no thread, no polling, and no SIGCHLD that would
 * have to be shared with libuv. Node gives no public way to put a bare
 * descriptor into that epoll (`new net.Socket({ fd })` refuses what is neither a
 * pipe nor a socket), but the handle inside of such a socket takes any.
 */
export class ProcessEnds {
  readonly #Pipe: PipeClass;

  constructor(native: Native) {
    this.#Pipe = pipeClass(native);
  }

  /** Calls back once when the process has ended. Owns the descriptor from now on. */
  when(pidfd: number, onEnd: () => void): Waiting {
    const handle = new this.#Pipe(plainPipe);
    const failure = handle.open(pidfd);
    if (failure !== 0) throw new SystemError("watch a pidfd", -failure);
    const socket = new Socket({ handle } as unknown as ConstructorParameters<typeof Socket>[0]);
    let isOver = false;
    const finish = (): void => {
      if (isOver) return;
      isOver = true;
      socket.destroy();
      onEnd();
    };
    // Once readable, libuv reads. A pidfd answers EINVAL: that error is the event.
    socket.on("error", finish).on("end", finish).resume();
    return {
      close() {
        isOver = true;
        socket.destroy();
      },
    };
  }
}

/** The class of the handle that Node puts under a socket on a pipe. */
function pipeClass(native: Native): PipeClass {
  const [readEnd, writeEnd] = native.pipe();
  closeSync(writeEnd);
  const socket = new Socket({ fd: readEnd, readable: false, writable: false });
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly constructor: PipeClass } };
  socket.destroy();
  return handle.constructor;
}
