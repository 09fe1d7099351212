import { type Credentials, decodeRegistryProblem, maxRegistryProblemBytes } from "#spec";
import { Authorizer } from "./authorizer.ts";
import type { Endpoint } from "./endpoints.ts";
import { type RetryPolicy, sendWithRetry } from "./retry.ts";
import { type HttpAnswer, readBody, Transport } from "./transport.ts";

export interface EndpointClientOptions {
  readonly credentials: Credentials;
  readonly repository: string;
  readonly connectTimeoutMs: number;
  readonly noProgressTimeoutMs: number;
  readonly retry: RetryPolicy;
}

export interface EndpointRequest {
  readonly method: "GET" | "HEAD";
  /** After the repository: "manifests/latest". */
  readonly path: string;
  readonly accept?: string;
  /** First byte wanted. */
  readonly fromByte?: number;
  readonly signal: AbortSignal;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Asks one endpoint for parts of one repository, with its authentication, redirects and retries. */
export class EndpointClient {
  readonly endpoint: Endpoint;
  readonly #options: EndpointClientOptions;
  readonly #transport: Transport;
  readonly #authorizer: Authorizer;

  constructor(endpoint: Endpoint, options: EndpointClientOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    const { noProgressTimeoutMs } = options;
    const connectTimeoutMs = endpoint.settings.connectTimeoutMs ?? options.connectTimeoutMs;
    this.#transport = new Transport({ tls: endpoint.tls, connectTimeoutMs, noProgressTimeoutMs });
    const scope = { repository: options.repository, endpoint: new URL(endpoint.settings.baseUrl) };
    this.#authorizer = new Authorizer(options.credentials, scope, this.#transport);
  }

  /** The endpoint's last word, whatever its status. The caller reads or destroys the body. */
  async send(request: EndpointRequest): Promise<HttpAnswer> {
    const { signal } = request;
    const sent = (): Promise<HttpAnswer> => this.#follow(request);
    const shown = this.#authorizer.header;
    const answer = await sendWithRetry(sent, this.#options.retry, signal);
    if (answer.statusCode !== 401) return answer;
    // Requests run side by side: another one may have got in meanwhile.
    const isRenewed = this.#authorizer.header !== shown;
    if (!isRenewed && !(await this.#authorizer.answer(answer, signal))) return answer;
    answer.destroy();
    return sendWithRetry(sent, this.#options.retry, signal);
  }

  urlOf(path: string): URL {
    const { settings, namespace } = this.endpoint;
    const url = new URL(`${settings.baseUrl}/${this.#options.repository}/${path}`);
    if (namespace !== undefined) url.searchParams.set("ns", namespace);
    return url;
  }

  close(): void {
    this.#transport.close();
  }

  async #follow(request: EndpointRequest): Promise<HttpAnswer> {
    const { method, signal } = request;
    const home = this.urlOf(request.path);
    let url = home;
    for (let hop = 0; ; hop += 1) {
      const headers = this.#headers(request, url.origin === home.origin);
      const answer = await this.#transport.send({ method, url, headers, signal });
      const location = answer.headers.location;
      if (!redirects.has(answer.statusCode ?? 0) || location === undefined || hop === maxRedirects) return answer;
      answer.destroy();
      url = new URL(location, url);
    }
  }

  /** What is meant for the endpoint (credentials, configured headers) stays there when it redirects. */
  #headers(request: EndpointRequest, isHome: boolean): Record<string, string | readonly string[]> {
    const headers: Record<string, string | readonly string[]> = { "user-agent": "crisp" };
    if (request.accept !== undefined) headers["accept"] = request.accept;
    if (request.fromByte !== undefined && request.fromByte > 0) headers["range"] = `bytes=${request.fromByte}-`;
    if (!isHome) return headers;
    const authorization = this.#authorizer.header;
    Object.assign(headers, this.endpoint.settings.headers, authorization === undefined ? {} : { authorization });
    return headers;
  }
}

/** What a refusing answer says: its status, and what the registry's error document adds. */
export async function describeRefusal(answer: HttpAnswer): Promise<string> {
  const status = `status ${answer.statusCode}`;
  const detail = await readDetail(answer);
  return detail === "" ? status : `${status}, ${detail}`;
}

async function readDetail(answer: HttpAnswer): Promise<string> {
  try {
    return decodeRegistryProblem(await readBody(answer, maxRegistryProblemBytes, () => new Error("too large")));
  } catch {
    // An answer that breaks off, or does not end, is none the less an answer: its status counts.
    return "";
  }
}
