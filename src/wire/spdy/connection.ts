import type { Duplex } from "node:stream";
import { messageOf } from "#foundation";
import { TransportWriter } from "../transport-writer.ts";
import { resetStatus } from "./close.ts";
import { connectionLost, streamReset } from "./faults.ts";
import type { SpdyHeaders } from "./header-block.ts";
import type { SpdyLimits } from "./limits.ts";
import { type SpdyRole, SpdySession } from "./session.ts";
import { SpdyStream } from "./stream.ts";

export interface SpdyConnectionOptions {
  readonly role: SpdyRole;
  readonly limits?: Partial<SpdyLimits>;
  /** The peer has opened a stream. */
  readonly onStream?: (stream: SpdyStream, headers: SpdyHeaders) => void;
  /** The connection is over: once, with the reason when the peer did wrong. */
  readonly onClose: (error: Error | undefined) => void;
}

/**
 * SPDY/3.1 on a byte stream that somebody else has opened: each stream of the
 * session is a node stream.
 *
 * Nothing is held without bound. A stream whose reader stops takes no more: a
 * peer that keeps to windows gets no credit for it, and for any other peer the
 * whole transport is paused. A transport that takes no more makes every writer
 * wait, and is not read either while answers to the peer wait in it.
 */
export class SpdyConnection {
  readonly #session: SpdySession;
  readonly #transport: Duplex;
  readonly #writer: TransportWriter;
  readonly #options: SpdyConnectionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #full = new Set<SpdyStream>();
  #isEnding = false;
  #isOver = false;

  constructor(transport: Duplex, options: SpdyConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#writer = new TransportWriter(transport, () => this.#regulate(), "by-turn");
    this.#session = new SpdySession(options.role, this.#createSink(), options.limits);
    transport.on("data", (bytes: Buffer) => this.#receive(bytes));
    transport.on("end", () => this.#over(undefined));
    transport.on("error", (error) => this.#over(error));
    transport.on("close", () => this.#over(undefined));
    if (options.role === "client") this.#session.announce();
  }

  /** Opens a stream; resolves when the peer has accepted it. */
  open(headers: SpdyHeaders): Promise<SpdyStream> {
    if (this.#isOver) return Promise.reject(connectionLost());
    return this.#addStream(this.#session.open(headers)).accepted;
  }

  ping(): void {
    if (!this.#isOver) this.#session.ping();
  }

  /** Says that nothing more comes, and ends the transport when all is sent. The peer's end is for it to come. */
  end(): void {
    if (this.#isOver) return;
    this.#session.close();
    this.#isEnding = true;
    this.#transport.end();
    this.#regulate();
  }

  destroy(error?: Error): void {
    this.#transport.destroy();
    this.#over(error);
  }

  #createSink(): ConstructorParameters<typeof SpdySession>[1] {
    return {
      send: (bytes) => this.#writer.write(bytes),
      opened: (streamId, headers) => this.#options.onStream?.(this.#addStream(streamId), headers),
      replied: (streamId) => this.#streams.get(streamId)?.replied(),
      data: (streamId, bytes) => this.#deliver(streamId, bytes),
      ended: (streamId) => this.#streams.get(streamId)?.peerEnded(),
      reset: (streamId, status) => this.#reset(streamId, status),
      windowOpened: () => this.#resumeWriters(),
      flowControlled: () => this.#regulate(),
      goneAway: () => undefined, // the end of the transport follows, and is what counts
    };
  }

  #addStream(streamId: number): SpdyStream {
    const stream: SpdyStream = new SpdyStream(streamId, {
      send: (bytes) => this.#send(streamId, bytes),
      whenWritable: (resume) => this.#writer.whenReady(resume),
      end: () => this.#session.end(streamId),
      read: (bytes) => this.#hasRead(stream, streamId, bytes),
      closed: () => this.#forget(stream, streamId),
    });
    this.#streams.set(streamId, stream);
    return stream;
  }

  /** What nobody can take any more counts as sent: its stream is told in another way. */
  #send(streamId: number, bytes: Buffer): number {
    return this.#isOver ? bytes.length : this.#session.sendData(streamId, bytes);
  }

  #receive(bytes: Buffer): void {
    try {
      this.#session.receive(bytes);
    } catch (error) {
      this.#transport.end();
      this.#over(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #deliver(streamId: number, bytes: Buffer): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#session.consumed(streamId, bytes.length);
    if (stream.deliver(bytes)) return this.#session.consumed(streamId, bytes.length);
    this.#full.add(stream);
    this.#regulate();
  }

  /** Servers of Kubernetes end what is over by resetting it: what had come by then is whole. */
  #reset(streamId: number, status: number): void {
    const stream = this.#streams.get(streamId);
    if (this.#options.role === "client" && status === resetStatus.cancel) stream?.peerLeft();
    else stream?.destroy(streamReset(streamId, status));
  }

  #hasRead(stream: SpdyStream, streamId: number, bytes: number): void {
    if (this.#isOver) return;
    this.#session.consumed(streamId, bytes);
    if (this.#full.delete(stream)) this.#regulate();
  }

  #forget(stream: SpdyStream, streamId: number): void {
    this.#streams.delete(streamId);
    if (this.#isOver) return;
    this.#session.reset(streamId, resetStatus.cancel);
    if (this.#full.delete(stream)) this.#regulate();
  }

  #resumeWriters(): void {
    for (const stream of this.#streams.values()) stream.resumeWriting();
  }

  /** Reads from the transport exactly while what comes has somewhere to go. */
  #regulate(): void {
    const isHeldByReader = this.#full.size > 0 && !this.#session.isFlowControlled;
    // At the end all is read and dropped: unread bytes would turn it into a reset, and cost the peer our last bytes.
    const isHeld = !this.#isEnding && (isHeldByReader || this.#writer.isOverfull);
    if (isHeld) this.#transport.pause();
    else this.#transport.resume();
  }

  #over(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stream of this.#streams.values()) stream.connectionEnded(connectionLost(error));
    this.#full.clear();
    this.#options.onClose(error);
  }
}
