import type { Duplex } from "node:stream";
import { messageOf } from "#foundation";
import { TransportWriter } from "../transport-writer.ts";
import { closeCode } from "./close.ts";
import { webSocketLost } from "./faults.ts";
import { type WebSocketRole, WebSocketSession } from "./session.ts";

/** Takes the messages of a connection, in pieces. What it throws ends the connection. */
export interface MessageSink {
  begin(): void;
  bytes(bytes: Buffer): void;
  end(): void;
}

export interface WebSocketConnectionOptions {
  readonly role: WebSocketRole;
  readonly messages: MessageSink;
  /** The connection is over: once, without an error when either side had said so before. */
  readonly onClose: (error: Error | undefined) => void;
}

/**
 * A WebSocket on a byte stream that somebody else has opened and upgraded.
 *
 * There is no flow control but the transport's: who cannot take more holds it,
 * and who writes waits until the transport takes more.
 */
export class WebSocketConnection {
  readonly #session: WebSocketSession;
  readonly #transport: Duplex;
  readonly #writer: TransportWriter;
  readonly #onClose: (error: Error | undefined) => void;
  readonly #holders = new Set<unknown>();
  #isEnding = false;
  #isOver = false;

  constructor(transport: Duplex, { role, messages, onClose }: WebSocketConnectionOptions) {
    this.#transport = transport;
    this.#onClose = onClose;
    this.#writer = new TransportWriter(transport, () => this.#regulate(), "by-turn");
    this.#session = new WebSocketSession(role, {
      send: (bytes) => this.#writer.write(bytes),
      messageBegin: () => (this.#isEnding ? undefined : messages.begin()),
      messageBytes: (bytes) => (this.#isEnding ? undefined : messages.bytes(bytes)),
      messageEnd: () => (this.#isEnding ? undefined : messages.end()),
      closed: () => this.#closedByPeer(),
    });
    transport.on("data", (bytes: Buffer) => this.#receive(bytes));
    transport.on("end", () => this.#over(this.#isEnding ? undefined : webSocketLost()));
    transport.on("error", (error) => this.#over(error));
    transport.on("close", () => this.#over(this.#isEnding ? undefined : webSocketLost()));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends one message; calls back when the next one may come. */
  send(kind: "text" | "binary", parts: readonly Buffer[], done: () => void): void {
    this.#writer.whenReady(() => {
      this.#session.sendMessage(kind, parts);
      done();
    });
  }

  /** Stops reading until the holder lets go. */
  hold(holder: unknown): void {
    this.#holders.add(holder);
    this.#regulate();
  }

  release(holder: unknown): void {
    if (this.#holders.delete(holder)) this.#regulate();
  }

  ping(): void {
    if (!this.#isOver) this.#session.ping();
  }

  /** Says that nothing more comes, and ends the transport when all is sent. The peer's end is for it to come. */
  close(code: number = closeCode.normal): void {
    if (this.#isOver) return;
    this.#session.close(code);
    this.#isEnding = true;
    this.#transport.end();
    this.#regulate();
  }

  destroy(error?: Error): void {
    this.#transport.destroy();
    this.#over(error);
  }

  #receive(bytes: Buffer): void {
    try {
      this.#session.receive(bytes);
    } catch (error) {
      this.#transport.end();
      this.#over(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #closedByPeer(): void {
    this.#transport.end();
    this.#over(undefined);
  }

  #regulate(): void {
    // At the end all is read and dropped: the peer's own close has to be seen.
    const isHeld = !this.#isEnding && (this.#holders.size > 0 || this.#writer.isOverfull);
    if (isHeld) this.#transport.pause();
    else this.#transport.resume();
  }

  #over(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isEnding = true;
    this.#regulate();
    this.#onClose(error);
  }
}
