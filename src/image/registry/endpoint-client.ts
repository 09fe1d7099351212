import { type Credentials, decodeRegistryProblem, maxRegistryProblemBytes, type ProxyRules } from "#spec";
import { isRedirectFailure, redirectFailed } from "../faults.ts";
import { Authorizer } from "./authorizer.ts";
import type { Asking, CircuitBreakers } from "./circuit-breakers.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeNetworkError } from "./network-error.ts";
import { type RetryPolicy, sendWithRetry } from "./retry.ts";
import { type HttpAnswer, type HttpRequest, readBody, Transport, withoutSecrets } from "./transport.ts";

export interface EndpointClientOptions {
  readonly credentials: Credentials;
  readonly breakers: CircuitBreakers;
  readonly proxies: ProxyRules;
  readonly connectTimeoutMs: number;
  readonly noProgressTimeoutMs: number;
  readonly retry: RetryPolicy;
}

/** Bytes of a blob. */
export interface ByteRange {
  readonly from: number;
  /** The last one; undefined: up to the end. */
  readonly to?: number;
}

export interface EndpointRequest {
  readonly method: "GET" | "HEAD";
  /** After the repository: "manifests/latest". */
  readonly path: string;
  readonly accept?: string;
  /** Bytes wanted; all without it. */
  readonly range?: ByteRange;
  readonly signal: AbortSignal;
}

/** An answer, and whether it is the endpoint's own. */
interface HopAnswer {
  readonly answer: HttpAnswer;
  readonly isHome: boolean;
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
    const { noProgressTimeoutMs, proxies } = options;
    const connectTimeoutMs = endpoint.settings.connectTimeoutMs ?? options.connectTimeoutMs;
    this.#transport = new Transport({ tls: endpoint.tls, proxies, connectTimeoutMs, noProgressTimeoutMs });
    const scope = { repository: endpoint.path, endpoint: new URL(endpoint.settings.baseUrl) };
    this.#authorizer = new Authorizer(options.credentials, scope, this.#transport);
  }

  /**
   * The endpoint's last word, whatever its status. The caller reads or destroys the body.
   *
   * @throws Fault `unavailable` (`isSkipped`) when the endpoint is known to be silent, unless asked "anyway"
   */
  async send(request: EndpointRequest, mode: Asking["mode"]): Promise<HttpAnswer> {
    const { signal } = request;
    const isBesides = (thrown: unknown): boolean => signal.aborted || isRedirectFailure(thrown);
    const sent = (): Promise<HopAnswer> =>
      this.#options.breakers.run(
        this.urlOf(request.path).origin,
        () => sendWithRetry(() => this.#follow(request), this.#options.retry, signal),
        { mode, isBesides },
      );
    const shown = this.#authorizer.header;
    const { answer, isHome } = await sent();
    // Another host's challenge is not answered: it could name a token server of its own, to get the credentials.
    if (answer.statusCode !== 401 || !isHome) return answer;
    // Requests run side by side: another one may have got in meanwhile.
    const isRenewed = this.#authorizer.header !== shown;
    if (!isRenewed && !(await this.#authorizer.answer(answer, signal))) return answer;
    answer.destroy();
    return (await sent()).answer;
  }

  urlOf(path: string): URL {
    const { settings, namespace } = this.endpoint;
    const url = new URL(`${settings.baseUrl}/${this.endpoint.path}/${path}`);
    if (namespace !== undefined) url.searchParams.set("ns", namespace);
    return url;
  }

  close(): void {
    this.#transport.close();
  }

  async #follow(request: EndpointRequest): Promise<HopAnswer> {
    const { method, signal } = request;
    const home = this.urlOf(request.path);
    let url = home;
    for (let hop = 0; ; hop += 1) {
      const isHome = url.origin === home.origin;
      const headers = this.#headers(request, isHome);
      const answer = await this.#hop({ method, url, headers, signal }, hop);
      const location = answer.headers.location;
      if (!redirects.has(answer.statusCode ?? 0) || location === undefined || hop === maxRedirects)
        return { answer, isHome };
      answer.destroy();
      url = redirectTarget(location, url);
    }
  }

  async #hop(request: HttpRequest, hop: number): Promise<HttpAnswer> {
    try {
      return await this.#transport.send(request);
    } catch (error) {
      if (hop === 0) throw error;
      throw redirectFailed(withoutSecrets(request.url), describeNetworkError(error), error);
    }
  }

  /** What is meant for the endpoint (credentials, configured headers) stays there when it redirects. */
  #headers(request: EndpointRequest, isHome: boolean): Record<string, string | readonly string[]> {
    const headers: Record<string, string | readonly string[]> = { "user-agent": "crisp" };
    if (request.accept !== undefined) headers["accept"] = request.accept;
    if (request.range !== undefined) headers["range"] = `bytes=${request.range.from}-${request.range.to ?? ""}`;
    if (!isHome) return headers;
    const authorization = this.#authorizer.header;
    Object.assign(headers, this.endpoint.settings.headers, authorization === undefined ? {} : { authorization });
    return headers;
  }
}

/** Only the web is asked: a registry must not make crisp read something else. */
function redirectTarget(location: string, from: URL): URL {
  const url = URL.parse(location, from.href);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw redirectFailed(JSON.stringify(location.slice(0, 80)), "it is not an http or https address", undefined);
  }
  return url;
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
