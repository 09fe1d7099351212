import { type ClientRequest, type ClientRequestArgs, request as httpRequest, type IncomingMessage } from "node:http";
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { HttpProxy } from "#spec";
import { connectTimeout, proxyFailed, tunnelRefused } from "../faults.ts";
import { describeNetworkError } from "./network-error.ts";

type Settle = (error: Error | null, socket: Duplex) => void;

/** Keeps connections by TLS through tunnels of a proxy; each is made, TLS included, within a time. */
export class TunnelAgent extends HttpsAgent {
  readonly #proxy: HttpProxy;
  readonly #connectTimeoutMs: number;

  constructor(proxy: HttpProxy, connectTimeoutMs: number, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  override createConnection(options: ClientRequestArgs, settle: Settle): undefined {
    void this.#deliver(options, settle);
  }

  async #deliver(options: ClientRequestArgs, settle: Settle): Promise<void> {
    const signal = AbortSignal.timeout(this.#connectTimeoutMs);
    let socket: Duplex;
    try {
      socket = await this.#connect(options, signal);
    } catch (error) {
      const target = `${options.host} through the proxy ${this.#proxy.origin}`;
      const reason = signal.aborted ? connectTimeout(target, this.#connectTimeoutMs) : (error as Error);
      // Node's types want a socket beside an error; there is none.
      settle(reason, undefined as unknown as Duplex);
      return;
    }
    settle(null, socket);
  }

  async #connect(options: ClientRequestArgs, signal: AbortSignal): Promise<Duplex> {
    const socket = await openTunnel(this.#proxy, `${bracketed(options.host ?? "")}:${options.port}`, signal);
    const secure = super.createConnection({ ...options, socket } as ClientRequestArgs) as TLSSocket;
    return await secured(secure, signal);
  }
}

/** Asks a proxy for a connection to `target`. */
function openTunnel(proxy: HttpProxy, target: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = connectRequest(proxy, target, signal);
    const fail = (error: Error): void => reject(proxyFailed(proxy.origin, describeNetworkError(error), error));
    request.once("error", fail);
    request.once("response", (answer) => {
      answer.destroy();
      fail(tunnelRefused(target, answer.statusCode));
    });
    request.once("connect", (answer: IncomingMessage, socket: Socket, early: Buffer) => {
      if (answer.statusCode === 200 && early.length === 0) {
        socket.off("error", fail);
        resolve(socket);
        return;
      }
      socket.destroy();
      fail(tunnelRefused(target, answer.statusCode));
    });
    request.end();
  });
}

function connectRequest(proxy: HttpProxy, target: string, signal: AbortSignal): ClientRequest {
  const { hostname: host, port, authorization } = proxy;
  const headers = { host: target, ...(authorization === undefined ? {} : { "proxy-authorization": authorization }) };
  const options = { method: "CONNECT", host, port, path: target, headers, agent: false, signal } as const;
  return proxy.isSecure ? httpsRequest(options) : httpRequest(options);
}

function secured(socket: TLSSocket, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void socket.destroy(signal.reason as Error);
    const fail = (error: Error): void => {
      signal.removeEventListener("abort", stop);
      reject(error);
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", stop);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
