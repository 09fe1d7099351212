import { type Digest, Fault, isFault } from "#foundation";
import {
  acceptedManifests,
  type Credentials,
  type Descriptor,
  digestOf,
  isDigest,
  maxManifestBytes,
  type RegistryCapability,
} from "#spec";
import {
  type Attempt,
  contentMismatch,
  isSkipped,
  noEndpoint,
  registryFailure,
  sizeMismatch,
  wrongRange,
} from "../faults.ts";
import type { NormalizedImageOptions } from "../options.ts";
import type { Asking, CircuitBreakers } from "./circuit-breakers.ts";
import type { Endpoint } from "./endpoint.ts";
import { type ByteRange, describeRefusal, EndpointClient, type EndpointRequest } from "./endpoint-client.ts";
import { describeNetworkError } from "./network-error.ts";
import { type HttpAnswer, readBody, withoutSecrets } from "./transport.ts";

/** A manifest as the registry has it, its digest computed from its bytes. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly contentType: string;
}

/** An endpoint, and with what to come there. */
export interface RepositoryEndpoint {
  readonly endpoint: Endpoint;
  readonly credentials: Credentials;
}

export interface RepositoryOptions {
  /** The registry's name, for messages. */
  readonly host: string;
  readonly options: NormalizedImageOptions;
  readonly breakers: CircuitBreakers;
  readonly onReceived: OnReceived;
}

/** Told of bytes of a layer as they come, and of the host that sends them. */
export type OnReceived = (host: string, bytes: number) => void;

interface Answered {
  readonly answer: HttpAnswer;
  readonly url: URL;
}

/**
 * One repository, behind all endpoints of its registry.
 *
 * Endpoints are asked in order until one has it. One that gave no answer is
 * left out for a while: a dead mirror costs one timeout, not one for each
 * layer. When nobody answers, those left out are asked after all.
 */
export class Repository {
  readonly #clients: readonly EndpointClient[];
  readonly #host: string;
  readonly #onReceived: OnReceived;
  #readers = 0;
  #isClosed = false;

  constructor(endpoints: readonly RepositoryEndpoint[], { host, options, breakers, onReceived }: RepositoryOptions) {
    this.#host = host;
    this.#onReceived = onReceived;
    const { connectTimeoutMs, noProgressTimeoutMs, proxies } = options;
    const retry = { maxRetries: options.maxRetries, delayMs: options.retryDelayMs };
    this.#clients = endpoints.map(
      ({ endpoint, credentials }) =>
        new EndpointClient(endpoint, {
          credentials,
          breakers,
          proxies,
          connectTimeoutMs,
          noProgressTimeoutMs,
          retry,
        }),
    );
  }

  /** The digest that a name stands for, when the registry tells it without the manifest. */
  async resolve(tagOrDigest: string, signal: AbortSignal): Promise<Digest | undefined> {
    const { answer } = await this.#ask(capabilityFor(tagOrDigest), {
      method: "HEAD",
      path: `manifests/${tagOrDigest}`,
      accept: acceptedManifests,
      signal,
    });
    answer.resume();
    const digest = answer.headers["docker-content-digest"];
    return typeof digest === "string" && isDigest(digest) ? digest : undefined;
  }

  /** @throws Fault `invalid` when a manifest asked for by digest has another */
  async manifest(tagOrDigest: string, signal: AbortSignal): Promise<FetchedManifest> {
    const { answer, url } = await this.#ask(capabilityFor(tagOrDigest), {
      method: "GET",
      path: `manifests/${tagOrDigest}`,
      accept: acceptedManifests,
      signal,
    });
    const bytes = await this.#read(answer, url, maxManifestBytes);
    const digest = digestOf(bytes);
    if (isDigest(tagOrDigest) && digest !== tagOrDigest) throw contentMismatch("manifest", tagOrDigest, digest);
    return { bytes, digest, contentType: answer.headers["content-type"] ?? "" };
  }

  /** A small blob, with digest and size checked. */
  async document(descriptor: Descriptor, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const path = `blobs/${descriptor.digest}`;
    const { answer, url } = await this.#ask("pull", { method: "GET", path, signal });
    const bytes = await this.#read(answer, url, maxBytes);
    const actual = digestOf(bytes);
    if (actual !== descriptor.digest) throw contentMismatch("document", descriptor.digest, actual);
    if (bytes.length !== descriptor.sizeBytes) throw sizeMismatch("document", descriptor.sizeBytes, bytes.length);
    return bytes;
  }

  /**
   * A blob's bytes from `range.from` on, unchecked, at least to `range.to`. A server that knows no ranges sends all: the
   * start is then skipped.
   *
   * @param onHead told, before the first byte, whether the server keeps to ranges
   */
  async *blob(
    { digest }: Descriptor,
    range: ByteRange,
    signal: AbortSignal,
    onHead?: (isRanged: boolean) => void,
  ): AsyncGenerator<Buffer> {
    const path = `blobs/${digest}`;
    const isAll = range.from === 0 && range.to === undefined;
    this.#readers += 1;
    try {
      const { answer, url } = await this.#ask("pull", { method: "GET", path, signal, ...(isAll ? {} : { range }) });
      const isRanged = answer.statusCode === 206;
      if (isRanged) assertRange(answer, url, range);
      onHead?.(isRanged);
      let skip = isRanged ? 0 : range.from;
      for await (const piece of answer as AsyncIterable<Buffer>) {
        this.#onReceived(url.host, piece.length);
        if (skip < piece.length) yield piece.subarray(skip);
        skip = Math.max(0, skip - piece.length);
      }
    } finally {
      this.#readers -= 1;
      this.#closeIfUnused();
    }
  }

  /** Closes the connections once no blob is being read: another pull may wait for a layer that comes from here. */
  close(): void {
    this.#isClosed = true;
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (!this.#isClosed || this.#readers > 0) return;
    for (const client of this.#clients) client.close();
  }

  async #ask(capability: RegistryCapability, request: EndpointRequest): Promise<Answered> {
    const clients = this.#clients.filter(({ endpoint }) => endpoint.settings.capabilities.includes(capability));
    if (clients.length === 0) throw noEndpoint(this.#host, capability);
    const attempts: Attempt[] = [];
    const skipped: EndpointClient[] = [];
    for (const client of clients) {
      // A place that answers with TLS is not asked without.
      if (client.endpoint.isPlainTwin === true && attempts.at(-1)?.status !== undefined) continue;
      const outcome = await tryEndpoint(client, request, "heed");
      if ("answer" in outcome) return outcome;
      attempts.push(outcome);
      if (outcome.isSkipped) skipped.push(client);
    }
    if (attempts.some(({ status }) => status !== undefined)) throw registryFailure(attempts);
    return await this.#askAnyway(skipped, request, attempts);
  }

  /** Nobody answered: those that were left out are the only ones that still might. */
  async #askAnyway(
    clients: readonly EndpointClient[],
    request: EndpointRequest,
    silent: readonly Attempt[],
  ): Promise<Answered> {
    const attempts = silent.filter(({ isSkipped: wasSkipped }) => !wasSkipped);
    for (const client of clients) {
      const outcome = await tryEndpoint(client, request, "anyway");
      if ("answer" in outcome) return outcome;
      attempts.push(outcome);
    }
    throw registryFailure(attempts);
  }

  async #read(answer: HttpAnswer, url: URL, maxBytes: number): Promise<Buffer> {
    const act = `read ${withoutSecrets(url)}`;
    const tooLarge = (): Fault => new Fault("invalid", `${act}: it has more than ${maxBytes} bytes`);
    try {
      return await readBody(answer, maxBytes, tooLarge);
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault(Fault.from(error).kind, `${act}: ${describeNetworkError(error)}`, { cause: error });
    }
  }
}

/** Bytes from elsewhere would be noticed by the digest, after the whole layer. */
function assertRange(answer: HttpAnswer, url: URL, { from }: ByteRange): void {
  const header = answer.headers["content-range"];
  if (header === undefined || /^bytes (\d+)-/.exec(header)?.[1] === String(from)) return;
  answer.destroy();
  throw wrongRange(withoutSecrets(url), from, header);
}

async function tryEndpoint(
  client: EndpointClient,
  request: EndpointRequest,
  mode: Asking["mode"],
): Promise<Answered | Attempt> {
  const url = client.urlOf(request.path);
  const attempt = { url: withoutSecrets(url), isRegistry: client.endpoint.isRegistry, isSkipped: false };
  try {
    const answer = await client.send(request, mode);
    if (answer.statusCode === 200 || answer.statusCode === 206) return { answer, url };
    return { ...attempt, status: answer.statusCode, problem: await describeRefusal(answer) };
  } catch (error) {
    request.signal.throwIfAborted();
    const problem = describeNetworkError(error);
    return { ...attempt, status: statusOf(error), problem, isSkipped: isSkipped(error) };
  }
}

/** What a digest names is the same everywhere; what a tag names, not every mirror may say. */
function capabilityFor(tagOrDigest: string): RegistryCapability {
  return isDigest(tagOrDigest) ? "pull" : "resolve";
}

/** A token server that refuses, or answers nonsense, stands for the status that the endpoint has given. */
function statusOf(error: unknown): number | undefined {
  return isFault(error, "denied") || isFault(error, "invalid") ? 401 : undefined;
}
