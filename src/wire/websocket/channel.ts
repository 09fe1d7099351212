import { closeCode } from "./close.ts";
import { badWebSocket } from "./faults.ts";

/** How channels are put into messages. */
export interface ChannelFormat {
  /** A byte and raw bytes, or a digit and base64. */
  readonly encoding: "binary" | "base64";
  /** Whether either side can close one channel (version 5). */
  readonly hasClose: boolean;
}

export interface ChannelSink {
  data(channel: number, bytes: Buffer): void;
  /** The peer sends no more on this channel. */
  ended(channel: number): void;
}

/** The channel on which version 5 says which channel has ended. */
const closeChannel = 255;
const zeroDigit = 48;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Takes channels out of messages that come in pieces. It holds at most three
 * bytes: the rest of a base64 group.
 */
export class ChannelReader {
  readonly #format: ChannelFormat;
  readonly #sink: ChannelSink;
  #channel: number | undefined;
  #group = "";
  #hasPadding = false;

  constructor(format: ChannelFormat, sink: ChannelSink) {
    this.#format = format;
    this.#sink = sink;
  }

  begin(): void {
    this.#channel = undefined;
    this.#group = "";
    this.#hasPadding = false;
  }

  /** @throws Fault `invalid` for what is not base64 where it should be */
  bytes(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#channel === undefined) {
      this.#channel = bytes.readUInt8(0) - (this.#format.encoding === "base64" ? zeroDigit : 0);
      this.bytes(bytes.subarray(1));
    } else if (this.#format.hasClose && this.#channel === closeChannel) {
      for (const channel of bytes) this.#sink.ended(channel);
    } else {
      const data = this.#format.encoding === "base64" ? this.#decode(bytes) : bytes;
      if (data.length > 0) this.#sink.data(this.#channel, data);
    }
  }

  end(): void {
    if (this.#group !== "") throw badWebSocket("a message is cut off base64", closeCode.invalidPayload);
  }

  #decode(bytes: Buffer): Buffer {
    const text = this.#group + bytes.toString("latin1");
    const whole = text.length - (text.length % 4);
    const groups = text.slice(0, whole);
    this.#group = text.slice(whole);
    if (this.#hasPadding || !base64.test(text)) throw badWebSocket("a message is not base64", closeCode.invalidPayload);
    this.#hasPadding = groups.endsWith("=");
    return Buffer.from(groups, "base64");
  }
}

/** A message's kind and parts. */
export interface ChannelMessage {
  readonly kind: "text" | "binary";
  readonly parts: readonly Buffer[];
}

export function encodeChannelData(format: ChannelFormat, channel: number, bytes: Buffer): ChannelMessage {
  if (format.encoding === "binary") return { kind: "binary", parts: [Buffer.of(channel), bytes] };
  const text = String.fromCharCode(zeroDigit + channel) + bytes.toString("base64");
  return { kind: "text", parts: [Buffer.from(text, "latin1")] };
}

/** The message that ends a channel, where the version has one. */
export function encodeChannelEnd(format: ChannelFormat, channel: number): ChannelMessage | undefined {
  return format.hasClose ? { kind: "binary", parts: [Buffer.of(closeChannel, channel)] } : undefined;
}
