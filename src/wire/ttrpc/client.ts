import type { Duplex } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { RequestSchema, type Response, ResponseSchema } from "#proto/ttrpc/ttrpc_pb.js";
import { TransportWriter } from "../transport-writer.ts";
import { answeredStatus, badTtrpc, messageTooLong, ttrpcConnectionLost } from "./faults.ts";
import {
  encodeTtrpcFrame,
  frameType,
  noData,
  type OversizedFrame,
  remoteClosed,
  remoteOpen,
  type TtrpcFrame,
  TtrpcFrameReader,
} from "./frame.ts";
import { maxMessageBytes } from "./limits.ts";
import { TtrpcStream } from "./stream.ts";

/** What is asked of a server. */
export interface TtrpcRequest {
  /** With its package: "containerd.task.v2.Task". */
  readonly service: string;
  readonly method: string;
  readonly payload: Uint8Array;
  /** Time that the server is told it has; absent: as long as it takes. The caller's own wait ends with its signal. */
  readonly timeoutMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface TtrpcCallOptions {
  /** Ends the wait for an answer; ttrpc has no word for telling the server. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly answered: (answer: Buffer) => void;
  readonly failed: (error: Error) => void;
  /** For a call that is a stream. */
  readonly stream?: TtrpcStream;
}

/** How a stream begins. */
const flagsOfStream = { open: remoteOpen, closed: remoteClosed } as const;
const lastStreamId = 0xffff_ffff;

/**
 * The client's side of ttrpc on a byte stream that somebody else has opened; any number of calls at once.
 *
 * @see https://github.com/containerd/ttrpc/blob/v1.2.7/PROTOCOL.md
 */
export class TtrpcClient {
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  readonly #transport: Duplex;
  readonly #writer: TransportWriter;
  readonly #frames: TtrpcFrameReader;
  readonly #waiting = new Map<number, Waiting>();
  readonly #full = new Set<TtrpcStream>();
  readonly #resolveClosed: () => void;
  #nextStreamId = 1;
  #isOver = false;

  constructor(transport: Duplex) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#transport = transport;
    this.#writer = new TransportWriter(transport, () => undefined);
    this.#frames = new TtrpcFrameReader(
      { frame: (frame) => this.#take(frame), oversized: (frame) => this.#dropped(frame) },
      maxMessageBytes,
    );
    transport.on("data", (bytes: Buffer) => this.#receive(bytes));
    transport.on("end", () => {
      this.#over(undefined);
      // Sockets that may be open in one direction alone stay so until somebody lets go of them.
      transport.destroy();
    });
    transport.on("error", (error) => this.#over(error));
    transport.on("close", () => this.#over(undefined));
  }

  get isClosed(): boolean {
    return this.#isOver;
  }

  /**
   * Calls a method and gives the message of its answer.
   *
   * @throws Fault of the kind that the server's status means, reason `wire.ttrpc-status`
   * @throws Fault `unavailable`, reason `wire.connection-lost`, when the connection ends first
   * @throws Fault `exhausted` when question or answer is too long
   */
  async call(request: TtrpcRequest, options: TtrpcCallOptions = {}): Promise<Buffer> {
    const { signal } = options;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const streamId = this.#begin(request, 0, { answered: resolve, failed: reject });
    const giveUp = (): void => reject(signal?.reason as Error);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", giveUp);
      // What comes for it now is nobody's.
      this.#waiting.delete(streamId);
    }
  }

  /**
   * Opens a stream of messages.
   *
   * The request's own payload is the first message. A stream that the server ends with a status is destroyed with its Fault.
   *
   * @param sending "closed" when this side sends nothing after the request
   */
  stream(request: TtrpcRequest, sending: "open" | "closed"): TtrpcStream {
    let streamId = 0;
    let hasEnded = sending === "closed";
    const stream: TtrpcStream = new TtrpcStream({
      send: (message, done) => {
        this.#send({ streamId, type: frameType.data, flags: 0, payload: message });
        this.#writer.whenReady(done);
      },
      end: () => {
        if (hasEnded) return;
        hasEnded = true;
        this.#sendEnd(streamId);
      },
      read: () => this.#caughtUp(stream),
      closed: () => {
        this.#waiting.delete(streamId);
        this.#caughtUp(stream);
      },
    });
    streamId = this.#begin(request, flagsOfStream[sending], {
      stream,
      answered: (answer) => {
        if (answer.length > 0) stream.deliver(answer);
        stream.peerEnded();
      },
      failed: (error) => stream.destroy(error),
    });
    if (sending === "closed") stream.end();
    return stream;
  }

  /** Ends the connection, and with it every call. */
  close(): void {
    this.#transport.destroy();
    this.#over(undefined);
  }

  #begin(request: TtrpcRequest, flags: number, waiting: Waiting): number {
    if (this.#isOver) throw ttrpcConnectionLost();
    const streamId = this.#nextStreamId;
    if (streamId > lastStreamId) throw badTtrpc("the connection has used up its stream ids");
    const frame = encodeFrame({ streamId, type: frameType.request, flags, payload: encodeRequest(request) });
    this.#nextStreamId += 2;
    // Before it is sent: an answer can come at once, where the transport is as near as memory.
    this.#waiting.set(streamId, waiting);
    this.#writer.write(frame);
    return streamId;
  }

  #send(frame: Parameters<typeof encodeTtrpcFrame>[0]): void {
    this.#writer.write(encodeFrame(frame));
  }

  #sendEnd(streamId: number): void {
    if (this.#isOver || !this.#waiting.has(streamId)) return;
    this.#send({ streamId, type: frameType.data, flags: remoteClosed | noData, payload: Buffer.alloc(0) });
  }

  #receive(bytes: Buffer): void {
    try {
      this.#frames.push(bytes);
    } catch (error) {
      this.#transport.destroy();
      this.#over(Fault.from(error));
    }
  }

  #take({ streamId, type, flags, payload }: TtrpcFrame): void {
    const waiting = this.#waiting.get(streamId);
    // The caller has given up.
    if (waiting === undefined) return;
    if (type === frameType.response) this.#answered(streamId, waiting, payload);
    else if (type === frameType.data) this.#data(streamId, waiting, { flags, payload });
    else throw badTtrpc(`the server has sent a frame of type ${type}`);
  }

  #answered(streamId: number, waiting: Waiting, payload: Buffer): void {
    const { status, payload: answer } = decodeResponse(payload);
    this.#waiting.delete(streamId);
    if (status !== undefined && status.code !== 0) waiting.failed(answeredStatus(status));
    else waiting.answered(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
  }

  #data(
    streamId: number,
    { stream, failed }: Waiting,
    { flags, payload }: Pick<TtrpcFrame, "flags" | "payload">,
  ): void {
    if (stream === undefined) {
      this.#waiting.delete(streamId);
      failed(badTtrpc("the server has sent data where one answer was asked for"));
      return;
    }
    if ((flags & noData) === 0 && !stream.deliver(payload)) this.#hold(stream);
    if ((flags & remoteClosed) === 0) return;
    this.#waiting.delete(streamId);
    stream.peerEnded();
  }

  #dropped({ streamId, sizeBytes }: OversizedFrame): void {
    const waiting = this.#waiting.get(streamId);
    this.#waiting.delete(streamId);
    waiting?.failed(messageTooLong("the server's message", sizeBytes, maxMessageBytes));
  }

  #hold(stream: TtrpcStream): void {
    this.#full.add(stream);
    this.#transport.pause();
  }

  #caughtUp(stream: TtrpcStream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#transport.resume();
  }

  #over(cause: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    const problem = cause ?? (this.#frames.isBetweenFrames ? undefined : badTtrpc("it ended within a frame"));
    for (const { failed } of calls) failed(ttrpcConnectionLost(problem));
    this.#resolveClosed();
  }
}

function encodeFrame(frame: Parameters<typeof encodeTtrpcFrame>[0]): Buffer {
  const { length } = frame.payload;
  if (length > maxMessageBytes) throw messageTooLong("a message for the server", length, maxMessageBytes);
  return encodeTtrpcFrame(frame);
}

function encodeRequest({ service, method, payload, timeoutMs = 0, metadata = {} }: TtrpcRequest): Uint8Array {
  const request = create(RequestSchema, {
    service,
    method,
    payload,
    timeoutNano: BigInt(Math.round(timeoutMs)) * 1_000_000n,
    metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(RequestSchema, request);
}

function decodeResponse(payload: Buffer): Response {
  try {
    return fromBinary(ResponseSchema, payload, { readUnknownFields: false });
  } catch (error) {
    throw badTtrpc(`a response is no message: ${Fault.from(error).message}`);
  }
}
