import { Duplex } from "node:stream";

/** What a channel needs of its connection. */
export interface ChannelPort {
  /** Sends bytes as one message; calls back when the next may come. */
  send(bytes: Buffer, done: () => void): void;
  /** Says that no more comes, where the sub-protocol can. */
  end(): void;
  /** The reader has caught up. */
  read(): void;
}

const highWaterMark: number = 64 * 1024;

/** One channel of a WebSocket as a node stream. */
export class ChannelStream extends Duplex {
  readonly #port: ChannelPort;
  #peerHasEnded = false;

  constructor(port: ChannelPort) {
    super({ highWaterMark, allowHalfOpen: true });
    this.#port = port;
    // The end of the connection is an event of the wire: where nobody listens for it, it must not end the process.
    this.on("error", () => undefined);
  }

  /** Hands bytes to the reader; false asks for a pause, until it has read. */
  deliver(bytes: Buffer): boolean {
    return this.destroyed || this.#peerHasEnded || this.push(bytes);
  }

  peerEnded(): void {
    if (this.#peerHasEnded || this.destroyed) return;
    this.#peerHasEnded = true;
    this.push(null);
  }

  /** The connection ended: what had come whole may still be read; anything else is cut off. */
  connectionEnded(error: Error): void {
    if (!this.#peerHasEnded || this.readableEnded) this.destroy(error);
  }

  override _read(): void {
    this.#port.read();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#port.send(chunk, done);
  }

  override _final(done: () => void): void {
    this.#port.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#port.read();
    done(error);
  }
}
