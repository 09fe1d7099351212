import { type GoAwayStatus, goAwayStatus, type ResetStatus, resetStatus } from "./close.ts";
import { type Control, decodeControl } from "./control.ts";
import { badSpdy } from "./faults.ts";
import { defaultWindow, ReceiveWindow, SendWindow } from "./flow.ts";
import {
  type ControlFrame,
  encodeControl,
  encodeDataHeader,
  encodeFlaggedControl,
  FrameReader,
  finFlag,
  frameType,
  unidirectionalFlag,
} from "./frame.ts";
import { HeaderBlockReader, HeaderBlockWriter, type SpdyHeaders } from "./header-block.ts";
import { normalizeSpdyLimits, type SpdyLimits } from "./limits.ts";

export type SpdyRole = "client" | "server";

/** What a session tells. It may be called from within any of the session's own methods. */
export interface SpdySink {
  /** Bytes for the peer, to be sent in this order. */
  send(bytes: Buffer): void;
  /** The peer has opened a stream; it has its reply already. */
  opened(streamId: number, headers: SpdyHeaders): void;
  /** The peer has accepted a stream of ours. */
  replied(streamId: number): void;
  data(streamId: number, bytes: Buffer): void;
  /** The peer sends no more on this stream. */
  ended(streamId: number): void;
  /** The stream is gone, both ways. */
  reset(streamId: number, status: number): void;
  /** More may be sent than before, on streams that wait. */
  windowOpened(): void;
  /** The peer has begun to obey windows: from now on a reader that stops needs no other brake. */
  flowControlled(): void;
  goneAway(status: number): void;
}

interface Stream {
  readonly send: SendWindow;
  readonly receive: ReceiveWindow;
  hasEnded: boolean;
  peerHasEnded: boolean;
}

const noHeaders: SpdyHeaders = new Map();

/**
 * One side of a SPDY/3.1 session: bytes in, events and bytes out.
 *
 * Flow control is the peer's choice. The clients and servers of Kubernetes
 * neither keep to windows nor give back what they consumed, so ours would fill
 * once and stay full. Windows count from the first SETTINGS with a window or
 * WINDOW_UPDATE of the peer on; credit is given always. Until then whoever reads
 * must slow the transport down.
 *
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
export class SpdySession {
  readonly #role: SpdyRole;
  readonly #sink: SpdySink;
  readonly #limits: SpdyLimits;
  readonly #frames: FrameReader;
  readonly #headersIn: HeaderBlockReader;
  readonly #headersOut = new HeaderBlockWriter();
  readonly #streams = new Map<number, Stream>();
  readonly #send = new SendWindow(defaultWindow);
  readonly #receive = new ReceiveWindow(defaultWindow);
  #sendWindowOfStreams: number = defaultWindow;
  #receiveWindowOfStreams: number = defaultWindow;
  #isFlowControlled = false;
  #hasAnnounced = false;
  #lastPeerStream = 0;
  #nextStream = 1;
  #nextPing: number;
  #hasClosed = false;

  constructor(role: SpdyRole, sink: SpdySink, limits: Partial<SpdyLimits> = {}) {
    this.#role = role;
    this.#sink = sink;
    this.#limits = normalizeSpdyLimits(limits);
    this.#nextPing = role === "client" ? 1 : 2;
    this.#headersIn = new HeaderBlockReader({ bytes: this.#limits.headerBytes, names: this.#limits.headerNames });
    this.#frames = new FrameReader(
      {
        control: (frame) => this.#control(frame),
        data: (streamId, bytes) => this.#data(streamId, bytes),
        dataEnd: (streamId, flags) => this.#dataEnd(streamId, flags),
      },
      this.#limits.controlFrameBytes,
    );
  }

  get isFlowControlled(): boolean {
    return this.#isFlowControlled;
  }

  /** Says that this side keeps to windows, and how wide its own are. A server waits for the client to say so. */
  announce(): void {
    if (this.#hasAnnounced) return;
    this.#hasAnnounced = true;
    const { window } = this.#limits;
    this.#sink.send(encodeControl(frameType.settings, [1, 7, window]));
    for (const stream of this.#streams.values()) stream.receive.widen(window - this.#receiveWindowOfStreams);
    this.#receiveWindowOfStreams = window;
    this.#giveBack(0, this.#receive.widen(this.#limits.sessionWindow - defaultWindow));
  }

  /**
   * Takes the next bytes of the peer.
   *
   * @throws Fault `invalid` when the peer breaks the protocol; GOAWAY is sent before, and the session is over
   */
  receive(bytes: Buffer): void {
    if (this.#hasClosed) return;
    try {
      this.#frames.push(bytes);
    } catch (error) {
      this.close(goAwayStatus.protocolError);
      throw error;
    }
  }

  /** Opens a stream of this side. */
  open(headers: SpdyHeaders): number {
    const streamId = this.#nextStream;
    this.#nextStream += 2;
    const rest = Buffer.concat([Buffer.alloc(2), this.#headersOut.write(headers)]);
    this.#streams.set(streamId, this.#newStream());
    this.#sink.send(encodeFlaggedControl(frameType.synStream, 0, [streamId, 0], rest));
    return streamId;
  }

  /** Sends as much of `bytes` as the windows allow; returns how much that was. */
  sendData(streamId: number, bytes: Buffer): number {
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.hasEnded) throw badSpdy(`stream ${streamId} takes no data`);
    const room = this.#isFlowControlled ? Math.max(0, Math.min(this.#send.left, stream.send.left)) : bytes.length;
    const sent = Math.min(room, bytes.length, this.#limits.dataFrameBytes);
    if (sent === 0) return 0;
    this.#send.spend(sent);
    stream.send.spend(sent);
    this.#sink.send(encodeDataHeader(streamId, 0, sent));
    this.#sink.send(bytes.subarray(0, sent));
    return sent;
  }

  /** Sends no more on this stream; the peer still may. */
  end(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.hasEnded) return;
    stream.hasEnded = true;
    this.#sink.send(encodeDataHeader(streamId, finFlag, 0));
    this.#forgetWhenDone(streamId, stream);
  }

  reset(streamId: number, status: ResetStatus): void {
    if (this.#streams.delete(streamId)) this.#sendReset(streamId, status);
  }

  /** Notes that the reader of a stream is done with so many bytes of it. */
  consumed(streamId: number, bytes: number): void {
    this.#giveBack(0, this.#receive.consume(bytes));
    const stream = this.#streams.get(streamId);
    if (stream !== undefined && !stream.peerHasEnded) this.#giveBack(streamId, stream.receive.consume(bytes));
  }

  ping(): void {
    if (this.#hasClosed) return;
    this.#sink.send(encodeControl(frameType.ping, [this.#nextPing]));
    this.#nextPing = (this.#nextPing + 2) % 0x80000000;
  }

  /** Says that nothing more comes. What arrives from now on is dropped. */
  close(status: GoAwayStatus = goAwayStatus.ok): void {
    if (this.#hasClosed) return;
    this.#hasClosed = true;
    this.#sink.send(encodeControl(frameType.goAway, [this.#lastPeerStream, status]));
  }

  #control(frame: ControlFrame): void {
    const control = decodeControl(frame);
    const isEnd = (frame.flags & finFlag) !== 0;
    switch (control.kind) {
      case "syn-stream":
        return this.#synStream(control, frame.flags);
      case "syn-reply":
        this.#headersIn.read(control.block);
        if (this.#streams.has(control.streamId)) this.#sink.replied(control.streamId);
        return isEnd ? this.#peerEnded(control.streamId) : undefined;
      case "headers":
        this.#headersIn.read(control.block);
        return isEnd ? this.#peerEnded(control.streamId) : undefined;
      case "rst-stream":
        if (this.#streams.delete(control.streamId)) this.#sink.reset(control.streamId, control.status);
        return;
      case "settings":
        return control.initialWindow === undefined ? undefined : this.#setWindow(control.initialWindow);
      case "ping":
        return this.#pinged(control.id);
      case "go-away":
        return this.#sink.goneAway(control.status);
      case "window-update":
        return this.#windowUpdate(control.streamId, control.delta);
      case "unknown":
        return; // a receiver has to ignore what it does not know
    }
  }

  #synStream({ streamId, block }: Extract<Control, { kind: "syn-stream" }>, flags: number): void {
    const headers = this.#headersIn.read(block);
    if (this.#role === "client") return this.#sendReset(streamId, resetStatus.refusedStream);
    if (streamId % 2 === 0 || streamId <= this.#lastPeerStream) {
      throw badSpdy(`stream ${streamId} was opened after stream ${this.#lastPeerStream}`);
    }
    this.#lastPeerStream = streamId;
    if (this.#streams.size >= this.#limits.streams) return this.#sendReset(streamId, resetStatus.refusedStream);
    const stream = this.#newStream();
    this.#streams.set(streamId, stream);
    // At once, whatever becomes of the stream: clients open the next one only after the reply.
    this.#sink.send(encodeControl(frameType.synReply, [streamId], this.#headersOut.write(noHeaders)));
    this.#sink.opened(streamId, headers);
    if ((flags & unidirectionalFlag) !== 0) this.end(streamId);
    if ((flags & finFlag) !== 0) this.#peerEnded(streamId);
  }

  #data(streamId: number, bytes: Buffer): void {
    if (!this.#receive.receive(bytes.length) && this.#isFlowControlled) throw badSpdy("the session window overflows");
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.peerHasEnded) {
      this.#giveBack(0, this.#receive.consume(bytes.length));
      return;
    }
    if (!stream.receive.receive(bytes.length) && this.#isFlowControlled) {
      this.#giveBack(0, this.#receive.consume(bytes.length));
      this.reset(streamId, resetStatus.flowControlError);
      this.#sink.reset(streamId, resetStatus.flowControlError);
      return;
    }
    this.#sink.data(streamId, bytes);
  }

  #dataEnd(streamId: number, flags: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      // What was in flight when a stream was reset is no mistake; data of a stream that never was is one.
      if (!this.#wasOpened(streamId)) this.#sendReset(streamId, resetStatus.invalidStream);
      return;
    }
    if (stream.peerHasEnded) this.#sendReset(streamId, resetStatus.streamAlreadyClosed);
    else if ((flags & finFlag) !== 0) this.#peerEnded(streamId);
  }

  #wasOpened(streamId: number): boolean {
    const last = this.#role === "client" ? this.#nextStream - 1 : this.#lastPeerStream;
    return streamId % 2 === 1 && streamId <= last;
  }

  #peerEnded(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.peerHasEnded) return;
    stream.peerHasEnded = true;
    this.#sink.ended(streamId);
    this.#forgetWhenDone(streamId, stream);
  }

  #forgetWhenDone(streamId: number, stream: Stream): void {
    if (stream.hasEnded && stream.peerHasEnded) this.#streams.delete(streamId);
  }

  #pinged(id: number): void {
    const isAnswer = id % 2 === this.#nextPing % 2;
    if (!isAnswer) this.#sink.send(encodeControl(frameType.ping, [id]));
  }

  #setWindow(initialWindow: number): void {
    const growth = initialWindow - this.#sendWindowOfStreams;
    this.#sendWindowOfStreams = initialWindow;
    for (const stream of this.#streams.values()) stream.send.widen(growth);
    this.#obeyWindows();
  }

  #windowUpdate(streamId: number, delta: number): void {
    const stream = this.#streams.get(streamId);
    if (streamId === 0) {
      if (!this.#send.widen(delta)) throw badSpdy("the peer widens the session window beyond 31 bits");
    } else if (stream !== undefined && !stream.send.widen(delta)) {
      this.reset(streamId, resetStatus.flowControlError);
      this.#sink.reset(streamId, resetStatus.flowControlError);
    }
    this.#obeyWindows();
  }

  #obeyWindows(): void {
    if (!this.#isFlowControlled) {
      this.#isFlowControlled = true;
      this.announce();
      this.#sink.flowControlled();
    }
    this.#sink.windowOpened();
  }

  #giveBack(streamId: number, bytes: number): void {
    if (bytes > 0 && !this.#hasClosed) this.#sink.send(encodeControl(frameType.windowUpdate, [streamId, bytes]));
  }

  #sendReset(streamId: number, status: ResetStatus): void {
    this.#sink.send(encodeControl(frameType.rstStream, [streamId, status]));
  }

  #newStream(): Stream {
    return {
      send: new SendWindow(this.#sendWindowOfStreams),
      receive: new ReceiveWindow(this.#receiveWindowOfStreams),
      hasEnded: false,
      peerHasEnded: false,
    };
  }
}
