import { closeCode } from "./close.ts";
import { badWebSocket } from "./faults.ts";

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const opcodes: ReadonlySet<number> = new Set(Object.values(opcode));
const finBit = 0x80;
const reservedBits = 0x70;
const maskBit = 0x80;
const maxControlBytes = 125;
const maskBytes = 4;
/** The longest frame that is believed: no client writes 2 GiB at once. */
const maxFrameBytes = 0x7fffffff;

/** What stands before a frame's payload. */
export interface FrameHead {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly length: number;
}

/** What a reader of frames tells: payloads come as they arrive, unmasked. */
export interface FrameSink {
  begin(head: FrameHead): void;
  payload(bytes: Buffer): void;
  end(head: FrameHead): void;
}

/** Cuts frames out of pieces of any size and takes their masks off, in place. It holds no payload. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #isMasked: boolean;
  readonly #header = Buffer.alloc(14);
  #filled = 0;
  #needed = 2;
  #head: FrameHead | undefined;
  #remaining = 0;
  #maskAt = 0;

  /** @param sender clients mask what they send, servers do not */
  constructor(sink: FrameSink, sender: "client" | "server") {
    this.#sink = sink;
    this.#isMasked = sender === "client";
  }

  /** @throws Fault `invalid` for what RFC 6455 does not allow; whatever the sink throws */
  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length)
      at += this.#head === undefined ? this.#takeHeader(piece, at) : this.#takePayload(piece, at);
  }

  #takeHeader(piece: Buffer, at: number): number {
    const taken = piece.copy(this.#header, this.#filled, at, Math.min(piece.length, at + this.#needed - this.#filled));
    this.#filled += taken;
    if (this.#filled < this.#needed) return taken;
    this.#needed = this.#wholeHeaderBytes();
    if (this.#filled === this.#needed) this.#begin();
    return taken;
  }

  #takePayload(piece: Buffer, at: number): number {
    const taken = Math.min(this.#remaining, piece.length - at);
    const bytes = piece.subarray(at, at + taken);
    if (this.#isMasked) this.#maskAt = applyMask(bytes, this.#mask(), this.#maskAt);
    this.#remaining -= taken;
    this.#sink.payload(bytes);
    if (this.#remaining === 0) this.#end();
    return taken;
  }

  /** How long the header is, by its first two bytes. */
  #wholeHeaderBytes(): number {
    const second = this.#header.readUInt8(1);
    if (((second & maskBit) !== 0) !== this.#isMasked) throw badWebSocket("a frame is masked by the wrong side");
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    return 2 + extended + (this.#isMasked ? maskBytes : 0);
  }

  #begin(): void {
    const first = this.#header.readUInt8(0);
    const head = { opcode: first & 0x0f, isFinal: (first & finBit) !== 0, length: this.#length() };
    if ((first & reservedBits) !== 0) throw badWebSocket("a frame uses an extension that was not agreed on");
    if (!opcodes.has(head.opcode)) throw badWebSocket(`a frame has the unknown opcode ${head.opcode}`);
    const isControl = head.opcode >= opcode.close;
    if (isControl && (!head.isFinal || head.length > maxControlBytes))
      throw badWebSocket("a control frame is too long");
    this.#head = head;
    this.#remaining = head.length;
    this.#maskAt = 0;
    this.#sink.begin(head);
    if (head.length === 0) this.#end();
  }

  #end(): void {
    const head = this.#head;
    this.#head = undefined;
    this.#filled = 0;
    this.#needed = 2;
    if (head !== undefined) this.#sink.end(head);
  }

  #length(): number {
    const short = this.#header.readUInt8(1) & 0x7f;
    if (short < 126) return short;
    const length = short === 126 ? this.#header.readUInt16BE(2) : Number(this.#header.readBigUInt64BE(2));
    if (length > maxFrameBytes) throw badWebSocket(`a frame of ${length} bytes is too long`, closeCode.tooBig);
    return length;
  }

  #mask(): Buffer {
    return this.#header.subarray(this.#needed - maskBytes, this.#needed);
  }
}

/** The head of a frame whose payload follows; with a mask when a client sends it. */
export function encodeFrameHead({ opcode: code, isFinal, length }: FrameHead, mask?: Buffer): Buffer {
  const extended = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
  const head = Buffer.allocUnsafe(2 + extended + (mask?.length ?? 0));
  head.writeUInt8(code | (isFinal ? finBit : 0), 0);
  head.writeUInt8((mask === undefined ? 0 : maskBit) | (extended === 0 ? length : extended === 2 ? 126 : 127), 1);
  if (extended === 2) head.writeUInt16BE(length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  mask?.copy(head, 2 + extended);
  return head;
}

/** Masks or unmasks bytes in place, beginning at this byte of the mask; returns where the next begin. */
export function applyMask(bytes: Buffer, mask: Buffer, start: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((index) => mask[(start + index) % maskBytes]);
  const whole = bytes.length - (bytes.length % maskBytes);
  for (let at = 0; at < whole; at += maskBytes) {
    bytes[at] = (bytes[at] ?? 0) ^ a;
    bytes[at + 1] = (bytes[at + 1] ?? 0) ^ b;
    bytes[at + 2] = (bytes[at + 2] ?? 0) ^ c;
    bytes[at + 3] = (bytes[at + 3] ?? 0) ^ d;
  }
  for (let at = whole; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (mask[(start + at) % maskBytes] ?? 0);
  return (start + bytes.length) % maskBytes;
}
