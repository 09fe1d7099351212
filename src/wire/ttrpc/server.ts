import type { Duplex } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { type Request, RequestSchema, ResponseSchema } from "#proto/ttrpc/ttrpc_pb.js";
import { TransportWriter } from "../transport-writer.ts";
import { badTtrpc, messageTooLong, statusOfThrown, ttrpcConnectionLost } from "./faults.ts";
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
import { maxCallsUnderWay, maxMessageBytes } from "./limits.ts";
import { TtrpcStream } from "./stream.ts";

/** One call, as a handler sees it. */
export interface TtrpcServerCall {
  readonly service: string;
  readonly method: string;
  readonly payload: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  /** Time that the client gives it; undefined: as long as it takes. */
  readonly timeoutMs: number | undefined;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
}

export interface TtrpcHandlers {
  /** Answers a call with a message. What it throws becomes the status. */
  unary(call: TtrpcServerCall): Promise<Uint8Array>;
  /** Serves a stream until the promise settles; absent: there are none. The call's payload is the first message. */
  stream?(call: TtrpcServerCall, stream: TtrpcStream): Promise<void>;
}

interface OpenStream {
  readonly stream: TtrpcStream;
  peerHasEnded: boolean;
}

/** The server's side of ttrpc on one connection that somebody else has accepted. */
export class TtrpcServer {
  readonly #transport: Duplex;
  readonly #handlers: TtrpcHandlers;
  readonly #writer: TransportWriter;
  readonly #frames: TtrpcFrameReader;
  readonly #streams = new Map<number, OpenStream>();
  readonly #full = new Set<TtrpcStream>();
  readonly #abort = new AbortController();
  #callsUnderWay = 0;
  #lastStreamId = 0;

  constructor(transport: Duplex, handlers: TtrpcHandlers) {
    this.#transport = transport;
    this.#handlers = handlers;
    this.#writer = new TransportWriter(transport, () => this.#regulate());
    this.#frames = new TtrpcFrameReader(
      { frame: (frame) => this.#take(frame), oversized: (frame) => this.#dropped(frame) },
      maxMessageBytes,
    );
    transport.on("data", (bytes: Buffer) => this.#receive(bytes));
    // Nobody is there to be answered; what was not written yet has nobody to be read by.
    transport.on("end", () => transport.destroy());
    transport.on("error", (error) => this.#over(error));
    transport.on("close", () => this.#over(undefined));
  }

  /** Ends the connection. */
  close(): void {
    this.#transport.destroy();
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
    if (type === frameType.request) this.#request(streamId, flags, payload);
    else if (type === frameType.data) this.#data(streamId, flags, payload);
    else throw badTtrpc(`the client has sent a frame of type ${type}`);
  }

  #request(streamId: number, flags: number, payload: Buffer): void {
    this.#open(streamId);
    const call = this.#decode(payload);
    if (call === undefined) this.#fail(streamId, badTtrpc("the request is no message"));
    else if (this.#callsUnderWay >= maxCallsUnderWay) this.#fail(streamId, tooManyCalls());
    else if ((flags & (remoteOpen | remoteClosed)) === 0) this.#serve(streamId, () => this.#handlers.unary(call));
    else this.#serveStream(streamId, call, (flags & remoteClosed) !== 0);
  }

  #open(streamId: number): void {
    if (streamId % 2 === 0 || streamId <= this.#lastStreamId) {
      throw badTtrpc(`stream ${streamId} was opened after stream ${this.#lastStreamId}`);
    }
    this.#lastStreamId = streamId;
  }

  #decode(payload: Buffer): TtrpcServerCall | undefined {
    try {
      const request = fromBinary(RequestSchema, payload, { readUnknownFields: false });
      return callOf(request, this.#abort.signal);
    } catch {
      return undefined;
    }
  }

  #serve(streamId: number, handle: () => Promise<Uint8Array>): void {
    this.#callsUnderWay += 1;
    void this.#answer(streamId, handle).finally(() => {
      this.#callsUnderWay -= 1;
    });
  }

  async #answer(streamId: number, handle: () => Promise<Uint8Array>): Promise<void> {
    try {
      const payload = await handle();
      this.#respond(streamId, toBinary(ResponseSchema, create(ResponseSchema, { payload })));
    } catch (error) {
      this.#fail(streamId, error);
    }
  }

  #serveStream(streamId: number, call: TtrpcServerCall, isClosed: boolean): void {
    const handle = this.#handlers.stream?.bind(this.#handlers);
    if (handle === undefined) return this.#fail(streamId, new Fault("unsupported", `${call.method}: no streams here`));
    const open = { stream: this.#newStream(streamId), peerHasEnded: isClosed };
    this.#streams.set(streamId, open);
    if (isClosed) open.stream.peerEnded();
    this.#serve(streamId, async () => {
      try {
        await handle(call, open.stream);
        return Buffer.alloc(0);
      } finally {
        this.#streams.delete(streamId);
        open.stream.destroy();
      }
    });
  }

  #newStream(streamId: number): TtrpcStream {
    const stream: TtrpcStream = new TtrpcStream({
      send: (message, done) => {
        const { length } = message;
        if (length > maxMessageBytes) throw messageTooLong("a message for the client", length, maxMessageBytes);
        this.#writer.write(encodeTtrpcFrame({ streamId, type: frameType.data, flags: 0, payload: message }));
        this.#writer.whenReady(done);
      },
      // The response that ends the call says it.
      end: () => undefined,
      read: () => this.#caughtUp(stream),
      closed: () => this.#caughtUp(stream),
    });
    return stream;
  }

  #data(streamId: number, flags: number, payload: Buffer): void {
    const open = this.#streams.get(streamId);
    // The handler is done with it, or it never was a stream, and that client hears of it in the answer.
    if (open === undefined || open.peerHasEnded) return;
    if ((flags & noData) === 0 && !open.stream.deliver(payload)) {
      this.#full.add(open.stream);
      this.#regulate();
    }
    if ((flags & remoteClosed) === 0) return;
    open.peerHasEnded = true;
    open.stream.peerEnded();
  }

  #dropped({ streamId, type, sizeBytes }: OversizedFrame): void {
    const fault = messageTooLong("the client's message", sizeBytes, maxMessageBytes);
    if (type === frameType.request) {
      this.#open(streamId);
      this.#fail(streamId, fault);
    } else {
      this.#streams.get(streamId)?.stream.destroy(fault);
    }
  }

  #fail(streamId: number, thrown: unknown): void {
    this.#respond(streamId, toBinary(ResponseSchema, create(ResponseSchema, { status: statusOfThrown(thrown) })));
  }

  #respond(streamId: number, response: Uint8Array): void {
    if (this.#abort.signal.aborted) return;
    if (response.length > maxMessageBytes) {
      this.#fail(streamId, messageTooLong("the answer", response.length, maxMessageBytes));
      return;
    }
    this.#writer.write(encodeTtrpcFrame({ streamId, type: frameType.response, flags: 0, payload: response }));
  }

  #caughtUp(stream: TtrpcStream): void {
    if (this.#full.delete(stream)) this.#regulate();
  }

  /** Reads exactly while what comes has somewhere to go, and the client reads its answers. */
  #regulate(): void {
    if (this.#full.size > 0 || this.#writer.isOverfull) this.#transport.pause();
    else this.#transport.resume();
  }

  #over(cause: Error | undefined): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(ttrpcConnectionLost(cause));
    for (const { stream } of this.#streams.values()) stream.destroy(ttrpcConnectionLost(cause));
    this.#full.clear();
  }
}

function callOf({ service, method, payload, metadata, timeoutNano }: Request, signal: AbortSignal): TtrpcServerCall {
  return {
    service,
    method,
    payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
    metadata: Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
    timeoutMs: timeoutNano > 0n ? Number(timeoutNano / 1_000_000n) : undefined,
    signal,
  };
}

function tooManyCalls(): Fault {
  return new Fault("exhausted", `ttrpc: ${maxCallsUnderWay} calls are under way on this connection`, {
    reason: { code: "wire.ttrpc-too-many-calls" },
  });
}
