import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { orAborted } from "#foundation";
import { acceptKey, newWebSocketKey, spdyRequestHeaders, webSocketRequestHeaders } from "#wire";
import { notUpgraded, streamLost } from "../faults.ts";

/** What carries a stream. */
export type StreamTransport = "spdy" | "websocket";

export interface DialOptions {
  /** As the runtime gave it out. */
  readonly url: string;
  /** Sub-protocols that this client speaks, best first. */
  readonly protocols: readonly string[];
  readonly signal: AbortSignal;
}

/** A connection that has become what it was asked to become. */
export interface Upgraded {
  readonly socket: Socket;
  readonly protocol: string;
}

/** Asks a streaming server for SPDY/3.1. @throws Fault when it refuses or cannot be reached */
export async function dialSpdy({ url, protocols, signal }: DialOptions): Promise<Upgraded> {
  const headers = { ...spdyRequestHeaders(protocols), "content-length": "0" };
  const { response, socket } = await upgrade(url, { method: "POST", headers, signal });
  return { socket, protocol: String(response.headers["x-stream-protocol-version"] ?? "") };
}

/** Asks a streaming server for a WebSocket. @throws Fault when it refuses or cannot be reached */
export async function dialWebSocket({ url, protocols, signal }: DialOptions): Promise<Upgraded> {
  const key = newWebSocketKey();
  const headers = webSocketRequestHeaders(key, protocols);
  const { response, socket } = await upgrade(url, { method: "GET", headers, signal });
  if (response.headers["sec-websocket-accept"] !== acceptKey(key)) {
    socket.destroy();
    throw streamLost("the streaming server does not speak WebSocket");
  }
  return { socket, protocol: String(response.headers["sec-websocket-protocol"] ?? "") };
}

interface UpgradeRequest {
  readonly method: "GET" | "POST";
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

interface UpgradeAnswer {
  readonly response: IncomingMessage;
  readonly socket: Socket;
}

async function upgrade(url: string, { method, headers, signal }: UpgradeRequest): Promise<UpgradeAnswer> {
  // Keys and headers are small, and each waits for the answer to the one before.
  const plain = { method, headers, agent: false, noDelay: true } as const;
  // The URL came over the runtime's own socket, and its token is good for one use: whom it leads to is not in doubt.
  const request = url.startsWith("https:")
    ? httpsRequest(url, { ...plain, rejectUnauthorized: false })
    : httpRequest(url, plain);
  const answer = new Promise<UpgradeAnswer>((resolve, reject) => {
    request.on("upgrade", (response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ response, socket: socket as Socket });
    });
    request.on("response", (response) => {
      text(response).then((body) => reject(notUpgraded(response.statusCode ?? 0, body)), reject);
    });
    request.on("error", (error) => reject(streamLost("the streaming server cannot be reached", error)));
    request.end();
  });
  try {
    return await orAborted(answer, signal);
  } catch (error) {
    request.destroy();
    throw error;
  }
}
