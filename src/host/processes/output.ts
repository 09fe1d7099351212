import { readSync } from "node:fs";
import { Socket } from "node:net";
import { isErrno } from "../errno.ts";

/** What one read takes: a pipe holds no more unless it was made larger. */
export const scratchBytes = 65_536;

/** The largest that an unprivileged writer can make a pipe; bounds what is read from one who goes on writing. */
const drainLimitBytes = 1_048_576;

/**
 * Collects what a child writes to one pipe, up to a limit; what is over is read and dropped.
 *
 * All outputs read into one buffer that their owner lends them, and copy what
 * is there at once: Node would otherwise take 64 KiB for each read.
 */
export class Output {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #limit: number;
  readonly #scratch: Buffer;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(fd: number, limitBytes: number, scratch: Buffer) {
    this.#fd = fd;
    this.#limit = limitBytes;
    this.#scratch = scratch;
    const keep = (length: number): boolean => {
      this.#keep(length);
      return true;
    };
    const onread = { buffer: scratch, callback: keep };
    this.#socket = new Socket({ fd, readable: true, writable: false, onread });
    // A read that fails ends the output; how the program ended is judged by its exit.
    this.#socket.on("error", () => this.#socket.destroy()).resume();
  }

  /**
   * Everything that was written so far; the pipe is closed after that. Idempotent.
   *
   * Called when the child has ended. What it wrote is in the pipe by then, and a
   * process that it left behind may hold the pipe open for ever: so what is
   * there is read now, and the end of the pipe is not waited for.
   */
  finish(): Buffer {
    // Destroyed means that the end of the pipe was read, and that the number may be somebody else's.
    if (!this.#socket.destroyed) this.#drain();
    this.#socket.destroy();
    return Buffer.concat(this.#pieces, this.#length);
  }

  #drain(): void {
    for (let total = 0; total < drainLimitBytes; ) {
      const length = this.#readNow();
      if (length === 0) return;
      this.#keep(length);
      total += length;
    }
  }

  /** How much could be read at once; 0 at the end and when nothing is there. */
  #readNow(): number {
    try {
      return readSync(this.#fd, this.#scratch);
    } catch (error) {
      if (isErrno(error, "EAGAIN")) return 0;
      throw error;
    }
  }

  #keep(length: number): void {
    const kept = Math.min(length, this.#limit - this.#length);
    if (kept <= 0) return;
    this.#pieces.push(Buffer.from(this.#scratch.subarray(0, kept)));
    this.#length += kept;
  }
}
