import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { connectTimeout, noProgress } from "../faults.ts";
import type { EndpointTls } from "./endpoint-tls.ts";

export interface TransportOptions {
  readonly tls: EndpointTls;
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

  constructor(options: TransportOptions) {
    this.#options = options;
    const { authorities, certificates, keys, mustVerify } = options.tls;
    this.#https = new HttpsAgent({
      keepAlive: true,
      maxSockets,
      rejectUnauthorized: mustVerify,
      ...(authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] }),
      ...(certificates.length === 0 ? {} : { cert: [...certificates], key: [...keys] }),
    });
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
      sent.once("error", reject);
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
  }

  #open({ method, url, headers }: HttpRequest): ClientRequest {
    const options = { method, headers: headers as Record<string, string | string[]> };
    return url.protocol === "https:"
      ? httpsRequest(url, { ...options, agent: this.#https })
      : httpRequest(url, { ...options, agent: this.#http });
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
