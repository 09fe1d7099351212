import { Duplex } from "node:stream";

/** What a stream needs of its connection. */
export interface StreamPort {
  /** Sends as much as may be sent now; returns how much that was. */
  send(bytes: Buffer): number;
  /** Calls back when the transport takes more. */
  whenWritable(resume: () => void): void;
  end(): void;
  /** The reader is done with so many bytes. */
  read(bytes: number): void;
  closed(): void;
}

/** How much a stream holds for its reader, and for the wire, before it asks to wait. */
const highWaterMark: number = 64 * 1024;

/**
 * One stream of a SPDY session as a node stream. Its `end()` half-closes;
 * destroying it before both sides have ended resets it.
 */
export class SpdyStream extends Duplex {
  readonly streamId: number;
  readonly #port: StreamPort;
  /** Settles when the peer has accepted the stream, or never will. */
  readonly accepted: Promise<this>;
  #accept: () => void = () => undefined;
  #refuse: (error: Error) => void = () => undefined;
  #unread = 0;
  #peerHasEnded = false;
  #peerHasLeft = false;
  #resume: (() => void) | undefined;

  constructor(streamId: number, port: StreamPort) {
    super({ highWaterMark, allowHalfOpen: true, autoDestroy: true });
    this.streamId = streamId;
    this.#port = port;
    this.accepted = new Promise((resolve, reject) => {
      this.#accept = () => resolve(this);
      this.#refuse = reject;
    });
    // Only who opened the stream waits for the answer.
    this.accepted.catch(() => undefined);
    // A reset is an event of the wire: one that nobody listens for must not end the process.
    this.on("error", () => undefined);
  }

  replied(): void {
    this.#accept();
  }

  /** Hands bytes to the reader; false asks for a pause, until it has read. */
  deliver(bytes: Buffer): boolean {
    if (this.destroyed || this.push(bytes)) return true;
    this.#unread += bytes.length;
    return false;
  }

  peerEnded(): void {
    this.#peerHasEnded = true;
    this.push(null);
  }

  /** The peer is done with the stream, both ways: what had come may still be read, what is written is dropped. */
  peerLeft(): void {
    this.#peerHasLeft = true;
    if (!this.#peerHasEnded) this.peerEnded();
    this.resumeWriting();
  }

  /** The connection ended: what had come whole may still be read; anything else is cut off. */
  connectionEnded(error: Error): void {
    if (!this.#peerHasEnded || this.readableEnded) this.destroy(error);
  }

  /** Tries again what the windows did not allow. */
  resumeWriting(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _read(): void {
    const unread = this.#unread;
    this.#unread = 0;
    if (unread > 0) this.#port.read(unread);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#port.whenWritable(() => {
      if (this.#peerHasLeft) return done();
      const sent = this.#port.send(chunk);
      if (sent === chunk.length) return done();
      const resume = (): void => this._write(chunk.subarray(sent), "utf8", done);
      if (sent === 0) this.#resume = resume;
      else resume();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#port.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#refuse(error ?? new Error("the stream was closed"));
    this.#resume = undefined;
    this.#port.closed();
    done(error);
  }
}
