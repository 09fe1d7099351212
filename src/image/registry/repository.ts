import { type Digest, Fault } from "#foundation";
import {
  acceptedManifests,
  credentialsFor,
  type Descriptor,
  digestOf,
  type ImageReference,
  isDigest,
  maxManifestBytes,
  type RegistryAuth,
  type RegistryCapability,
} from "#spec";
import { type Attempt, contentMismatch, noEndpoint, registryFailure, sizeMismatch } from "../faults.ts";
import type { NormalizedImageOptions } from "../options.ts";
import { describeRefusal, EndpointClient, type EndpointRequest } from "./endpoint-client.ts";
import type { Endpoint } from "./endpoints.ts";
import { describeNetworkError } from "./network-error.ts";
import { type HttpAnswer, readBody, withoutSecrets } from "./transport.ts";

/** A manifest as the registry has it, its digest computed from its bytes. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly contentType: string;
}

interface Answered {
  readonly answer: HttpAnswer;
  readonly url: URL;
}

/**
 * One repository, behind all endpoints of its registry.
 *
 * Endpoints are asked in order until one has it. One that could not be reached
 * is asked last from then on: a dead mirror costs a pull one timeout, not one
 * for each layer.
 */
export class Repository {
  #clients: readonly EndpointClient[];
  readonly #host: string;
  #readers = 0;
  #isClosed = false;

  constructor(
    reference: ImageReference,
    endpoints: readonly Endpoint[],
    auth: RegistryAuth | undefined,
    options: NormalizedImageOptions,
  ) {
    this.#host = reference.host;
    const { connectTimeoutMs, noProgressTimeoutMs } = options;
    this.#clients = endpoints.map(
      (endpoint) =>
        new EndpointClient(endpoint, {
          credentials: credentialsFor(reference.host, auth),
          repository: reference.path,
          connectTimeoutMs,
          noProgressTimeoutMs,
          retry: { maxRetries: options.maxRetries, delayMs: options.retryDelayMs },
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

  /** A blob's bytes from `fromByte` on, unchecked. A server that knows no ranges sends all; the start is then skipped. */
  async *blob(descriptor: Descriptor, fromByte: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const path = `blobs/${descriptor.digest}`;
    this.#readers += 1;
    try {
      const { answer } = await this.#ask("pull", { method: "GET", path, fromByte, signal });
      let skip = answer.statusCode === 206 ? 0 : fromByte;
      for await (const piece of answer as AsyncIterable<Buffer>) {
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
    const attempts: Attempt[] = [];
    for (const client of this.#clients) {
      if (!client.endpoint.settings.capabilities.includes(capability)) continue;
      const url = client.urlOf(request.path);
      const where = { url: withoutSecrets(url), isRegistry: client.endpoint.namespace === undefined };
      try {
        const answer = await client.send(request);
        if (answer.statusCode === 200 || answer.statusCode === 206) return { answer, url };
        attempts.push({ ...where, status: answer.statusCode, problem: await describeRefusal(answer) });
      } catch (error) {
        request.signal.throwIfAborted();
        const status = statusOf(error);
        attempts.push({ ...where, status, problem: describeNetworkError(error) });
        if (status === undefined) this.#askLast(client);
      }
    }
    throw attempts.length === 0 ? noEndpoint(this.#host, capability) : registryFailure(attempts);
  }

  #askLast(client: EndpointClient): void {
    this.#clients = [...this.#clients.filter((other) => other !== client), client];
  }

  #read(answer: HttpAnswer, url: URL, maxBytes: number): Promise<Buffer> {
    const act = `read ${withoutSecrets(url)}`;
    return readBody(answer, maxBytes, () => new Fault("invalid", `${act}: it has more than ${maxBytes} bytes`));
  }
}

/** What a digest names is the same everywhere; what a tag names, not every mirror may say. */
function capabilityFor(tagOrDigest: string): RegistryCapability {
  return isDigest(tagOrDigest) ? "pull" : "resolve";
}

/** A token server that refuses stands for the status that the endpoint would have given. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Fault && error.kind === "denied" ? 401 : undefined;
}
