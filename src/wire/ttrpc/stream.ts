import { Duplex } from "node:stream";
import { maxMessagesWaiting } from "./limits.ts";

/** What a stream asks of the connection that it is part of. */
export interface TtrpcStreamLink {
  /** Sends a message; calls back when more may come. @throws Fault `exhausted` when it is too long */
  send(message: Uint8Array, done: () => void): void;
  /** Says that this side sends no more. */
  end(): void;
  /** The reader takes messages again. */
  read(): void;
  /** Nobody is interested in the stream any more. */
  closed(): void;
}

/** One stream of messages: each chunk, both ways, is a message. */
export class TtrpcStream extends Duplex {
  readonly #link: TtrpcStreamLink;

  constructor(link: TtrpcStreamLink) {
    super({
      readableObjectMode: true,
      writableObjectMode: true,
      readableHighWaterMark: maxMessagesWaiting,
      allowHalfOpen: true,
    });
    this.#link = link;
    // An owner that cares listens too; one that does not must not end the daemon.
    this.on("error", () => this.destroy());
  }

  /** A message of the peer; false when the reader must catch up before the next one. */
  deliver(message: Buffer): boolean {
    return this.destroyed || this.push(message);
  }

  peerEnded(): void {
    if (!this.readableEnded && !this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#link.read();
  }

  override _write(message: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      this.#link.send(message, done);
    } catch (error) {
      done(error as Error);
    }
  }

  override _final(done: () => void): void {
    this.#link.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#link.closed();
    done(error);
  }
}
