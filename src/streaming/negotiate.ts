import {
  chooseSpdyProtocol,
  decodeWebSocketRequest,
  isSpdyUpgrade,
  isWebSocketUpgrade,
  type RequestHeaders,
  spdyAccepted,
  webSocketAccepted,
} from "#wire";
import type { Refusal } from "./reply.ts";

/** What carries a session, and the sub-protocol in it; `head` answers the client. */
export type Agreement =
  | { readonly transport: "spdy" | "websocket"; readonly protocol: string; readonly head: string }
  | { readonly transport: "none"; readonly refusal: Refusal };

export interface KnownProtocols {
  readonly spdy: readonly string[];
  /** The empty name stands for a client that names none. */
  readonly webSocket: readonly string[];
}

/** Agrees with a client on how to go on. The first sub-protocol that it names and we know is the one. */
export function negotiate(headers: RequestHeaders, known: KnownProtocols): Agreement {
  if (isWebSocketUpgrade(headers)) return negotiateWebSocket(headers, known.webSocket);
  if (isSpdyUpgrade(headers)) return negotiateSpdy(headers, known.spdy);
  return refused(400, "the request asks neither for SPDY/3.1 nor for a WebSocket");
}

function negotiateSpdy(headers: RequestHeaders, known: readonly string[]): Agreement {
  const choice = chooseSpdyProtocol(headers, known);
  switch (choice.kind) {
    case "chosen":
      return { transport: "spdy", protocol: choice.protocol, head: spdyAccepted(choice.protocol) };
    case "none-named":
      return refused(400, "the request has no X-Stream-Protocol-Version");
    case "none-known":
      return refused(403, "no X-Stream-Protocol-Version of the request is known", {
        "X-Accepted-Stream-Protocol-Versions": known.join(", "),
      });
  }
}

function negotiateWebSocket(headers: RequestHeaders, known: readonly string[]): Agreement {
  const request = decodeWebSocketRequest(headers);
  if (request === undefined) return refused(400, "the request is no WebSocket handshake of version 13");
  const named = request.protocols.find((name) => known.includes(name));
  if (named === undefined && request.protocols.length > 0) {
    return refused(403, "no Sec-WebSocket-Protocol of the request is known");
  }
  return { transport: "websocket", protocol: named ?? "", head: webSocketAccepted(request.key, named) };
}

function refused(status: Refusal["status"], text: string, headers: Readonly<Record<string, string>> = {}): Agreement {
  return { transport: "none", refusal: { status, text, headers } };
}
