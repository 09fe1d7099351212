import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { HostPort, SocketPath } from "#config";
import { Fault, type Logger, messageOf } from "#foundation";
import type { Host } from "#host";
import { listen } from "./listener.ts";

/** A scraper has to say what it wants within this time. */
const requestTimeoutMs = 10_000;
const maxConnections = 32;

export interface MetricsEndpoint {
  /** Where it listens: `127.0.0.1:9090`, with the port that the kernel chose, or `unix:///path`. */
  readonly address: string;
  close(): Promise<void>;
}

export interface MetricsEndpointDeps {
  readonly host: Host;
  readonly logger: Logger;
  readonly contentType: string;
  /** The metrics as they are now. */
  readonly read: () => Promise<string>;
}

/**
 * Serves metrics at `/metrics`. On a unix socket only the daemon's own user may ask.
 *
 * @throws Fault naming the address when it is taken
 */
export async function serveMetrics(
  address: HostPort | SocketPath,
  deps: MetricsEndpointDeps,
): Promise<MetricsEndpoint> {
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs }, (...visit) => {
    void answer(visit, deps);
  });
  server.maxConnections = maxConnections;
  const { host, logger } = deps;
  if ("socketPath" in address) {
    const { socketPath: path } = address;
    // The server knows only of connections that it accepted itself.
    const open = new Set<Socket>();
    const onConnection = (connection: Socket): void => {
      open.add(connection);
      connection.once("close", () => open.delete(connection));
      server.emit("connection", connection);
    };
    const listener = await listen(host, logger, { path, passedFd: undefined, onConnection });
    const close = async (): Promise<void> => {
      await listener.close();
      for (const connection of open) connection.destroy();
    };
    return { address: `unix://${path}`, close };
  }
  return { address: await bind(server, address), close: () => closeServer(server) };
}

async function bind(server: Server, { host, port }: HostPort): Promise<string> {
  const named = (number: number): string => (host.includes(":") ? `[${host}]:${number}` : `${host}:${number}`);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(Fault.within(`metrics.address: listen on ${named(port)}`, error)));
    server.listen(port, host, resolve);
  });
  return named((server.address() as AddressInfo).port);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  [request, response]: [IncomingMessage, ServerResponse],
  deps: MetricsEndpointDeps,
): Promise<void> {
  const { contentType, read, logger } = deps;
  if (request.url?.split("?")[0] !== "/metrics") return end(response, 404, "metrics are at /metrics\n");
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, "metrics are read by GET\n");
  try {
    const text = await read();
    response.setHeader("Content-Type", contentType);
    response.end(text);
  } catch (error) {
    logger.warn("metrics could not be read", { error });
    end(response, 500, `${messageOf(error)}\n`);
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}
