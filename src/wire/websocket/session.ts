import { randomBytes } from "node:crypto";
import { closeCode, isSayable } from "./close.ts";
import { badWebSocket, closeCodeOf } from "./faults.ts";
import { applyMask, encodeFrameHead, type FrameHead, FrameReader, opcode } from "./frame.ts";

export type WebSocketRole = "client" | "server";

/** What a session tells. Messages come as they arrive, whatever frames they are cut into. */
export interface WebSocketSink {
  /** Bytes for the peer, to be sent in this order. */
  send(bytes: Buffer): void;
  messageBegin(): void;
  messageBytes(bytes: Buffer): void;
  messageEnd(): void;
  /** The peer has said that it is done; the answer is sent already. */
  closed(code: number): void;
}

/**
 * One side of a WebSocket after its handshake: bytes in, messages out.
 *
 * Messages are not held: a message of any length passes in pieces. Text is not
 * checked to be UTF-8, because every sub-protocol spoken here takes bytes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455
 */
export class WebSocketSession {
  readonly #role: WebSocketRole;
  readonly #sink: WebSocketSink;
  readonly #frames: FrameReader;
  #isInMessage = false;
  #control: Buffer[] = [];
  #isControl = false;
  #hasSentClose = false;
  #hasReceivedClose = false;

  constructor(role: WebSocketRole, sink: WebSocketSink) {
    this.#role = role;
    this.#sink = sink;
    this.#frames = new FrameReader(
      {
        begin: (head) => this.#begin(head),
        payload: (bytes) => this.#payload(bytes),
        end: (head) => this.#end(head),
      },
      role === "server" ? "client" : "server",
    );
  }

  /**
   * Takes the next bytes of the peer.
   *
   * @throws Fault `invalid` when the peer breaks the protocol; the close frame is sent before
   */
  receive(bytes: Buffer): void {
    if (this.#hasReceivedClose) return;
    try {
      this.#frames.push(bytes);
    } catch (error) {
      this.close(closeCodeOf(error));
      this.#hasReceivedClose = true;
      throw error;
    }
  }

  /** Sends one message. */
  sendMessage(kind: "text" | "binary", parts: readonly Buffer[]): void {
    if (!this.#hasSentClose) this.#sendFrame(opcode[kind], parts);
  }

  ping(): void {
    if (!this.#hasSentClose) this.#sendFrame(opcode.ping, []);
  }

  /** Says that nothing more comes. Idempotent. */
  close(code: number = closeCode.normal): void {
    if (this.#hasSentClose) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#sendFrame(opcode.close, [payload]);
    this.#hasSentClose = true;
  }

  #begin({ opcode: code }: FrameHead): void {
    if (this.#hasReceivedClose) throw badWebSocket("a frame comes after the last one");
    this.#isControl = code >= opcode.close;
    if (this.#isControl) return;
    const isContinuation = code === opcode.continuation;
    if (isContinuation !== this.#isInMessage) throw badWebSocket("a message is cut into frames in the wrong order");
    if (isContinuation) return;
    this.#isInMessage = true;
    this.#sink.messageBegin();
  }

  #payload(bytes: Buffer): void {
    // The piece belongs to whoever reads the transport; a control frame has to outlast it.
    if (this.#isControl) this.#control.push(Buffer.from(bytes));
    else this.#sink.messageBytes(bytes);
  }

  #end({ opcode: code, isFinal }: FrameHead): void {
    if (this.#isControl) {
      const payload = Buffer.concat(this.#control);
      this.#control = [];
      this.#controlEnd(code, payload);
    } else if (isFinal) {
      this.#isInMessage = false;
      this.#sink.messageEnd();
    }
  }

  #controlEnd(code: number, payload: Buffer): void {
    if (code === opcode.ping && !this.#hasSentClose) this.#sendFrame(opcode.pong, [payload]);
    if (code !== opcode.close) return;
    const said = payload.length === 0 ? closeCode.normal : payload.length === 1 ? 0 : payload.readUInt16BE(0);
    if (!isSayable(said)) throw badWebSocket("a close frame has no code that a peer may say");
    this.close(said);
    this.#hasReceivedClose = true;
    this.#sink.closed(said);
  }

  #sendFrame(code: number, parts: readonly Buffer[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const head = { opcode: code, isFinal: true, length };
    if (this.#role === "server") {
      this.#sink.send(encodeFrameHead(head));
      for (const part of parts) this.#sink.send(part);
      return;
    }
    const mask = randomBytes(4);
    const payload = Buffer.concat(parts);
    applyMask(payload, mask, 0);
    this.#sink.send(Buffer.concat([encodeFrameHead(head, mask), payload]));
  }
}
