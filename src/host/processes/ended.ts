import type { DescriptorSockets } from "../descriptor-socket.ts";

/** An event that is waited for; closing it gives up waiting and closes the descriptor. */
export interface Waiting {
  close(): void;
}

/**
 * Waits for the ends of processes by their pidfds.
 *
 * A pidfd becomes readable when its process ends, so libuv's own epoll is the
 * one place that has to wait: no thread, no polling, and no SIGCHLD that would
 * have to be shared with libuv.
 */
export class ProcessEnds {
  readonly #sockets: DescriptorSockets;

  constructor(sockets: DescriptorSockets) {
    this.#sockets = sockets;
  }

  /** Calls back once when the process has ended. Owns the descriptor from now on. */
  when(pidfd: number, onEnd: () => void): Waiting {
    const socket = this.#sockets.open(pidfd);
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
