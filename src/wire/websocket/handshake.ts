import { createHash, randomBytes } from "node:crypto";
import { asksForUpgrade, type RequestHeaders, wordsOf } from "../request-headers.ts";

/** What RFC 6455 appends to a client's key, to tell a server that understood from one that repeats. */
const keySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const keyBytes = 16;

/** A WebSocket handshake as a server reads it. */
export interface WebSocketRequest {
  readonly key: string;
  /** Sub-protocols that the client speaks, best first; empty when it names none. */
  readonly protocols: readonly string[];
}

/** Whether a request asks to become a WebSocket. */
export function isWebSocketUpgrade(headers: RequestHeaders): boolean {
  return asksForUpgrade(headers, "websocket");
}

/** The handshake in a request's headers; undefined when they are none of version 13. */
export function decodeWebSocketRequest(headers: RequestHeaders): WebSocketRequest | undefined {
  const key = headers["sec-websocket-key"];
  if (typeof key !== "string" || Buffer.from(key, "base64").length !== keyBytes) return undefined;
  if (headers["sec-websocket-version"] !== "13") return undefined;
  return { key, protocols: wordsOf(headers, "sec-websocket-protocol") };
}

/** The head of the answer that turns a connection into a WebSocket; without a sub-protocol when none was named. */
export function webSocketAccepted(key: string, protocol: string | undefined): string {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    "\r\n",
  ];
  return lines.join("\r\n");
}

export function newWebSocketKey(): string {
  return randomBytes(keyBytes).toString("base64");
}

/** What a client sends to become a WebSocket with one of these sub-protocols, best first. */
export function webSocketRequestHeaders(key: string, protocols: readonly string[]): Record<string, string> {
  return {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
    ...(protocols.length === 0 ? {} : { "sec-websocket-protocol": protocols.join(", ") }),
  };
}

/** The answer to a key that proves that a server speaks WebSocket. */
export function acceptKey(key: string): string {
  // SHA-1 is what the handshake is made of; nothing is kept secret by it.
  return createHash("sha1")
    .update(key + keySuffix)
    .digest("base64");
}
