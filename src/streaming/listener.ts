import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "#foundation";
import type { Files } from "#host";
import { cannotServe } from "./faults.ts";
import type { NormalizedStreamingOptions } from "./options.ts";
import { type Certificates, openCertificates } from "./tls/certificates.ts";

export interface Listener {
  /** Where clients on this machine reach it: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Stops accepting, and hangs up on who has not upgraded. */
  close(): Promise<void>;
}

export type OnUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** Most bytes of a request's head; Node's own default is as much. */
const maxHeadBytes: number = 16 * 1024;

/** @throws Fault when the address is taken, or a certificate cannot be used */
export async function openListener(
  options: NormalizedStreamingOptions,
  deps: { readonly files: Files; readonly logger: Logger },
  onUpgrade: OnUpgrade,
): Promise<Listener> {
  const certificates = options.tls === undefined ? undefined : await openCertificates(options.tls, deps);
  const server = createHttpServer(options, certificates);
  server.on("upgrade", onUpgrade);
  server.maxConnections = options.maxConnections;
  try {
    await listen(server, options.address);
  } catch (error) {
    certificates?.close();
    throw error;
  }
  const url = urlOf(server, certificates === undefined ? "http" : "https");
  return {
    url,
    close: () => {
      certificates?.close();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function createHttpServer({ handshakeTimeoutMs }: NormalizedStreamingOptions, certificates?: Certificates): Server {
  const http = {
    maxHeaderSize: maxHeadBytes,
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: handshakeTimeoutMs,
    connectionsCheckingInterval: Math.max(100, handshakeTimeoutMs / 4),
  };
  if (certificates === undefined) return createServer(http, answerPlain);
  const server = createTlsServer(
    { ...http, handshakeTimeout: handshakeTimeoutMs, ...certificates.current },
    answerPlain,
  );
  certificates.onChange((fresh) => server.setSecureContext(fresh));
  return server;
}

/** Whoever asks without an upgrade has lost the way. */
function answerPlain(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(400, { Connection: "close", "Content-Type": "text/plain; charset=utf-8" });
  response.end("this is served by an upgrade to SPDY/3.1 or to a WebSocket\n");
}

async function listen(server: Server, { host, port }: NormalizedStreamingOptions["address"]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotServe(`listen on ${host}:${port}`, error)));
    server.listen(port, host, resolve);
  });
}

/** kubelet dials from the same machine: an address that stands for all of them is reached by the machine's own. */
function urlOf(server: Server, scheme: string): string {
  const { address, port, family } = server.address() as AddressInfo;
  const reachable = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  return `${scheme}://${family === "IPv6" ? `[${reachable}]` : reachable}:${port}`;
}
