import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { type HttpProxy, type ProxyRules, proxyOf } from "#spec";
import { connectTimeout, noProgress, proxyFailed } from "../faults.ts";
import type { EndpointTls } from "./endpoint-tls.ts";
import { describeNetworkError } from "./network-error.ts";
import { TunnelAgent } from "./tunnel-agent.ts";

export interface TransportOptions {
  readonly tls: EndpointTls;
  readonly proxies: ProxyRules;
  readonly connectTimeoutMs: number;
  readonly noProgressTimeoutMs: number;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** An answer whose body is still to be read; whoever gets one reads it or destroys it. */
export type HttpAnswer = IncomingMessage;

/** As many as layers download at once from one registry. */
const maxSockets = 16;

/**
 * HTTP to one endpoint and wherever it redirects: kept-alive connections, and
 * deadlines for connecting and for silence.
 *
 * On `node:http` itself: the daemon's memory has no room for a richer client.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets });
  readonly #https: HttpsAgent;
  /** Connections by TLS that go through the proxy. */
  readonly #tunnels: HttpsAgent | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    const { tls, proxies, connectTimeoutMs } = options;
    const agentOptions = { keepAlive: true, maxSockets, ...tlsOptions(tls) };
    this.#https = new HttpsAgent(agentOptions);
    this.#tunnels =
      proxies.https === undefined ? undefined : new TunnelAgent(proxies.https, connectTimeoutMs, agentOptions);
  }

  /** Sends a request and resolves with the head of its answer. The signal aborts the body, too. */
  send(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const sent = this.#open(request);
      let answer: IncomingMessage | undefined;
      const stop = (reason: Error): void => void (answer ?? sent).destroy(reason);
      const abort = (): void => stop(signal.reason as Error);
      signal.addEventListener("abort", abort, { once: true });
      this.#watchSilence(sent, request.url, stop);
      sent.once("close", () => signal.removeEventListener("abort", abort));
      sent.once("error", (error) => reject(this.#seen(error, request.url)));
      sent.once("response", (response) => {
        answer = response;
        resolve(response);
      });
      sent.end(request.body);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
    this.#tunnels?.destroy();
  }

  #open({ method, url, headers }: HttpRequest): ClientRequest {
    const options = { method, headers: headers as Record<string, string | string[]> };
    const proxy = proxyOf(url, this.#options.proxies);
    if (url.protocol === "https:") {
      const agent = proxy === undefined ? this.#https : this.#tunnels;
      return httpsRequest(url, { ...options, ...(agent === undefined ? {} : { agent }) });
    }
    if (proxy === undefined) return httpRequest(url, { ...options, agent: this.#http });
    return this.#openByProxy(url, proxy, options);
  }

  /** A proxy of plain HTTP is asked for whole addresses. */
  #openByProxy(
    url: URL,
    { hostname: host, port, isSecure, authorization }: HttpProxy,
    { method, headers }: { readonly method: string; readonly headers: Record<string, string | string[]> },
  ): ClientRequest {
    const own = authorization === undefined ? {} : { "proxy-authorization": authorization };
    const options = { method, host, port, path: url.href, headers: { ...headers, ...own, host: url.host } };
    return isSecure ? httpsRequest(options) : httpRequest({ ...options, agent: this.#http });
  }

  /** A proxy that cannot be reached is no news about the registry: it is named. */
  #seen(error: Error, url: URL): Error {
    const proxy = url.protocol === "http:" ? proxyOf(url, this.#options.proxies) : undefined;
    const isNetworks = "code" in error || error instanceof AggregateError;
    return proxy === undefined || !isNetworks ? error : proxyFailed(proxy.origin, describeNetworkError(error), error);
  }

  #watchSilence(sent: ClientRequest, url: URL, stop: (reason: Error) => void): void {
    const { connectTimeoutMs, noProgressTimeoutMs } = this.#options;
    sent.setTimeout(noProgressTimeoutMs, () => stop(noProgress(withoutSecrets(url), noProgressTimeoutMs)));
    sent.once("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => stop(connectTimeout(withoutSecrets(url), connectTimeoutMs)), connectTimeoutMs);
      const done = (): void => clearTimeout(timer);
      socket.once(url.protocol === "https:" ? "secureConnect" : "connect", done);
      socket.once("close", done);
    });
  }
}

function tlsOptions({ authorities, certificates, keys, mustVerify }: EndpointTls): AgentOptions {
  return {
    rejectUnauthorized: mustVerify,
    ...(authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] }),
    ...(certificates.length === 0 ? {} : { cert: [...certificates], key: [...keys] }),
  };
}

/** An address for messages: queries of redirects are signed, and so are secrets. */
export function withoutSecrets(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Reads a small body; fails with `tooLarge` when it has more than `maxBytes`. */
export async function readBody(answer: HttpAnswer, maxBytes: number, tooLarge: () => Error): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, sizeBytes);
}
