import type { Duplex } from "node:stream";
import { type ChannelFormat, ChannelReader, encodeChannelData, encodeChannelEnd } from "./channel.ts";
import { ChannelStream } from "./channel-stream.ts";
import { WebSocketConnection } from "./connection.ts";
import { webSocketLost } from "./faults.ts";
import type { WebSocketRole } from "./session.ts";

export interface ChannelsOptions {
  readonly role: WebSocketRole;
  readonly format: ChannelFormat;
  /** Channels that this side reads or writes; what comes on others is dropped. */
  readonly channels: readonly number[];
  /** The connection is over: once, without an error when either side had said so before. */
  readonly onClose: (error: Error | undefined) => void;
}

/** A WebSocket whose messages carry numbered channels, each a node stream. */
export class WebSocketChannels {
  readonly #connection: WebSocketConnection;
  readonly #role: WebSocketRole;
  readonly #format: ChannelFormat;
  readonly #streams = new Map<number, ChannelStream>();

  constructor(transport: Duplex, { role, format, channels, onClose }: ChannelsOptions) {
    this.#role = role;
    this.#format = format;
    for (const channel of channels) this.#streams.set(channel, this.#createStream(channel));
    const reader = new ChannelReader(format, {
      data: (channel, bytes) => this.#deliver(channel, bytes),
      ended: (channel) => this.#streams.get(channel)?.peerEnded(),
    });
    this.#connection = new WebSocketConnection(transport, {
      role,
      messages: reader,
      onClose: (error) => {
        this.#over(error);
        onClose(error);
      },
    });
  }

  /** The stream of a channel that this side named. */
  channel(channel: number): ChannelStream | undefined {
    return this.#streams.get(channel);
  }

  /** Sends a message without data: how a server says that it is there. */
  greet(channel: number): void {
    const { kind, parts } = encodeChannelData(this.#format, channel, Buffer.alloc(0));
    this.#connection.send(kind, parts, () => undefined);
  }

  ping(): void {
    this.#connection.ping();
  }

  /** Says that nothing more comes, and ends the transport when all is sent. */
  end(): void {
    this.#connection.close();
  }

  destroy(error?: Error): void {
    this.#connection.destroy(error);
  }

  /** A server that closes the connection has sent all of every channel; a client that does is gone. */
  #over(error: Error | undefined): void {
    const isWhole = error === undefined && this.#role === "client";
    for (const stream of this.#streams.values()) {
      if (isWhole) stream.peerEnded();
      else stream.connectionEnded(webSocketLost(error));
    }
  }

  #deliver(channel: number, bytes: Buffer): void {
    const stream = this.#streams.get(channel);
    if (stream?.deliver(bytes) === false) this.#connection.hold(stream);
  }

  #createStream(channel: number): ChannelStream {
    const stream: ChannelStream = new ChannelStream({
      send: (bytes, done) => {
        const { kind, parts } = encodeChannelData(this.#format, channel, bytes);
        this.#connection.send(kind, parts, done);
      },
      end: () => {
        // Only clients end channels: to them a server says it by closing the connection.
        const message = this.#role === "client" ? encodeChannelEnd(this.#format, channel) : undefined;
        if (message !== undefined) this.#connection.send(message.kind, message.parts, () => undefined);
      },
      read: () => this.#connection.release(stream),
    });
    return stream;
  }
}
