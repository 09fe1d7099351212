import { badSpdy } from "./faults.ts";

export const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Set when the sender is done with the stream. */
export const finFlag = 0x01;
/** On SYN_STREAM: the receiver has nothing to send. */
export const unidirectionalFlag = 0x02;

const headerBytes = 8;
const protocolVersion = 3;
const controlBit = 0x80000000;
/** Stream ids and windows have 31 bits. */
export const mask31 = 0x7fffffff;
/** A frame's length has 24 bits. */
const maxFrameBytes = 0xffffff;

export interface ControlFrame {
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** What a reader of frames tells. Control frames come whole, data as it arrives. */
export interface FrameSink {
  control(frame: ControlFrame): void;
  data(streamId: number, bytes: Buffer): void;
  dataEnd(streamId: number, flags: number): void;
}

type State =
  | { readonly kind: "header" }
  | {
      readonly kind: "control";
      readonly type: number;
      readonly flags: number;
      readonly payload: Buffer;
      filled: number;
    }
  | { readonly kind: "data"; readonly streamId: number; readonly flags: number; remaining: number };

/** Cuts frames out of pieces of any size. It holds at most one control frame, and no data. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxControlBytes: number;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #state: State = { kind: "header" };

  constructor(sink: FrameSink, maxControlBytes: number) {
    this.#sink = sink;
    this.#maxControlBytes = maxControlBytes;
  }

  /** @throws Fault `invalid` for another version and for control frames beyond the limit; whatever the sink throws */
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
      case "control": {
        const taken = piece.copy(state.payload, state.filled, at);
        state.filled += taken;
        if (state.filled === state.payload.length) this.#endControl(state);
        return taken;
      }
      case "data": {
        const taken = Math.min(state.remaining, piece.length - at);
        state.remaining -= taken;
        this.#sink.data(state.streamId, piece.subarray(at, at + taken));
        if (state.remaining === 0) this.#endData(state);
        return taken;
      }
    }
  }

  #begin(): void {
    this.#headerFilled = 0;
    const first = this.#header.readUInt32BE(0);
    const flags = this.#header.readUInt8(4);
    const length = this.#header.readUIntBE(5, 3);
    if (first < controlBit) this.#beginData({ kind: "data", streamId: first, flags, remaining: length });
    else this.#beginControl(first & mask31, flags, length);
  }

  #beginData(state: Extract<State, { kind: "data" }>): void {
    this.#state = state;
    if (state.remaining === 0) this.#endData(state);
  }

  #beginControl(versionAndType: number, flags: number, length: number): void {
    const version = versionAndType >>> 16;
    const type = versionAndType & 0xffff;
    if (version !== protocolVersion) throw badSpdy(`a frame has version ${version}, not ${protocolVersion}`);
    if (length > this.#maxControlBytes) {
      throw badSpdy(`a control frame has ${length} bytes, ${this.#maxControlBytes} are allowed`);
    }
    const state = { kind: "control", type, flags, payload: Buffer.alloc(length), filled: 0 } as const;
    this.#state = state;
    if (length === 0) this.#endControl(state);
  }

  #endControl({ type, flags, payload }: ControlFrame): void {
    this.#state = { kind: "header" };
    this.#sink.control({ type, flags, payload });
  }

  #endData({ streamId, flags }: { readonly streamId: number; readonly flags: number }): void {
    this.#state = { kind: "header" };
    this.#sink.dataEnd(streamId, flags);
  }
}

/** A control frame of numbers of 32 bits, with what may follow them. */
export function encodeControl(type: number, words: readonly number[], rest: Buffer = Buffer.alloc(0)): Buffer {
  return encodeFlaggedControl(type, 0, words, rest);
}

export function encodeFlaggedControl(type: number, flags: number, words: readonly number[], rest: Buffer): Buffer {
  const frame = Buffer.alloc(headerBytes + 4 * words.length + rest.length);
  frame.writeUInt16BE(controlBit / 0x10000 + protocolVersion, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt8(flags, 4);
  frame.writeUIntBE(frame.length - headerBytes, 5, 3);
  for (const [index, word] of words.entries()) frame.writeUInt32BE(word, headerBytes + 4 * index);
  rest.copy(frame, headerBytes + 4 * words.length);
  return frame;
}

/** What stands before the data of a frame. */
export function encodeDataHeader(streamId: number, flags: number, length: number): Buffer {
  if (length > maxFrameBytes) throw badSpdy(`a frame of ${length} bytes is too long`);
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt32BE(streamId, 0);
  header.writeUInt8(flags, 4);
  header.writeUIntBE(length, 5, 3);
  return header;
}
