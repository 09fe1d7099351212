import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { SpdyConnection, type SpdyHeaders, WebSocketTunnel } from "#wire";
import { failedRemotely } from "../faults.ts";
import { dialSpdy, dialWebSocket, type StreamTransport } from "./dial.ts";

export interface PortForwardOptions {
  /** As PortForward answered it. */
  readonly url: string;
  readonly transport: StreamTransport;
  readonly signal: AbortSignal;
}

/** One connection into a sandbox. */
export interface ForwardedConnection {
  readonly data: Duplex;
  /** Resolves when the server has no complaint; rejects with its words. */
  readonly outcome: Promise<void>;
}

/** Connections into a sandbox over one stream session. */
export interface PortForward {
  connect(port: number): Promise<ForwardedConnection>;
  /** Settles when the session is over. */
  readonly closed: Promise<void>;
  close(): void;
}

const tunnelProtocols: readonly string[] = ["SPDY/3.1+portforward.k8s.io", "v2.portforward.k8s.io"];

/**
 * Opens the session behind a URL of PortForward. Over a WebSocket it is SPDY in
 * binary messages, which not every runtime speaks.
 *
 * @throws Fault when the server cannot be reached or refuses
 */
export async function openPortForward(options: PortForwardOptions): Promise<PortForward> {
  const { closed, connection } = connectSession(await openTransport(options));
  let nextRequest = 0;
  return {
    connect: async (port) => {
      const requestId = String(nextRequest++);
      const headersOf = (kind: string): SpdyHeaders =>
        new Map([
          ["streamtype", [kind]],
          ["port", [String(port)]],
          ["requestid", [requestId]],
        ]);
      const error = await connection.open(headersOf("error"));
      error.end();
      const outcome = text(error).then((message) => {
        if (message !== "") throw failedRemotely(message);
      });
      outcome.catch(() => undefined); // heard where it is awaited
      return { data: await connection.open(headersOf("data")), outcome };
    },
    closed,
    close: () => connection.destroy(),
  };
}

async function openTransport(options: PortForwardOptions): Promise<Duplex> {
  if (options.transport === "spdy") {
    const { socket } = await dialSpdy({ ...options, protocols: ["portforward.k8s.io"] });
    return socket;
  }
  const { socket } = await dialWebSocket({ ...options, protocols: tunnelProtocols });
  return new WebSocketTunnel(socket, "client");
}

function connectSession(transport: Duplex): { readonly connection: SpdyConnection; readonly closed: Promise<void> } {
  let onClose: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    onClose = resolve;
  });
  const connection = new SpdyConnection(transport, {
    role: "client",
    onClose: () => {
      transport.destroy();
      onClose();
    },
  });
  return { connection, closed };
}
