export const frameType = { request: 1, response: 2, data: 3 } as const;

/** The sender sends no more on this stream. */
export const remoteClosed = 0x01;
/** On a request: data follows. */
export const remoteOpen = 0x02;
/** On a data frame: it carries no message, only its flags. */
export const noData = 0x04;

const headerBytes = 10;

export interface TtrpcFrame {
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** The header of a frame whose payload is longer than the limit. */
export interface OversizedFrame {
  readonly streamId: number;
  readonly type: number;
  readonly sizeBytes: number;
}

export interface TtrpcFrameSink {
  frame(frame: TtrpcFrame): void;
  /** A frame begins that is too long: its payload is read and dropped, and the next frame follows as usual. */
  oversized(frame: OversizedFrame): void;
}

type State =
  | { readonly kind: "header" }
  | { readonly kind: "payload"; readonly head: Omit<TtrpcFrame, "payload">; readonly payload: Buffer; filled: number }
  | { readonly kind: "dropped"; remaining: number };

/**
 * Cuts frames out of pieces of any size. It holds at most one frame.
 *
 * @see https://github.com/containerd/ttrpc/blob/v1.2.7/PROTOCOL.md#message-frame
 */
export class TtrpcFrameReader {
  readonly #sink: TtrpcFrameSink;
  readonly #maxPayloadBytes: number;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #state: State = { kind: "header" };

  constructor(sink: TtrpcFrameSink, maxPayloadBytes: number) {
    this.#sink = sink;
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Whether the bytes so far end between two frames. */
  get isBetweenFrames(): boolean {
    return this.#state.kind === "header" && this.#headerFilled === 0;
  }

  /** Throws only what the sink throws. */
  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) at += this.#take(piece, at);
  }

  /** Uses some of the piece from `at` on; returns how much. */
  #take(piece: Buffer, at: number): number {
    const state = this.#state;
    switch (state.kind) {
      case "header": {
        const taken = piece.copy(this.#header, this.#headerFilled, at);
        this.#headerFilled += taken;
        if (this.#headerFilled === headerBytes) this.#begin();
        return taken;
      }
      case "payload": {
        const taken = piece.copy(state.payload, state.filled, at);
        state.filled += taken;
        if (state.filled === state.payload.length) this.#end(state.head, state.payload);
        return taken;
      }
      case "dropped": {
        const taken = Math.min(state.remaining, piece.length - at);
        state.remaining -= taken;
        if (state.remaining === 0) this.#state = { kind: "header" };
        return taken;
      }
    }
  }

  #begin(): void {
    this.#headerFilled = 0;
    const sizeBytes = this.#header.readUInt32BE(0);
    const head = {
      streamId: this.#header.readUInt32BE(4),
      type: this.#header.readUInt8(8),
      flags: this.#header.readUInt8(9),
    };
    if (sizeBytes > this.#maxPayloadBytes) {
      this.#state = { kind: "dropped", remaining: sizeBytes };
      this.#sink.oversized({ streamId: head.streamId, type: head.type, sizeBytes });
    } else if (sizeBytes === 0) {
      this.#end(head, Buffer.alloc(0));
    } else {
      this.#state = { kind: "payload", head, payload: Buffer.alloc(sizeBytes), filled: 0 };
    }
  }

  #end(head: Omit<TtrpcFrame, "payload">, payload: Buffer): void {
    this.#state = { kind: "header" };
    this.#sink.frame({ ...head, payload });
  }
}

/** The bytes of a frame. */
export function encodeTtrpcFrame({
  streamId,
  type,
  flags,
  payload,
}: Omit<TtrpcFrame, "payload"> & {
  readonly payload: Uint8Array;
}): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(streamId, 4);
  frame.writeUInt8(type, 8);
  frame.writeUInt8(flags, 9);
  frame.set(payload, headerBytes);
  return frame;
}
