import { fileURLToPath } from "node:url";
import { type Digest, Fault, isFault } from "#foundation";
import type { Host } from "#host";
import { hexOf, type ImageReference, maxSignatureBytes, maxSignatures } from "#spec";
import { noTlsFiles, readTls } from "../registry/endpoint-tls.ts";
import { findHostsToml } from "../registry/hosts-files.ts";
import { readBody, Transport, withoutSecrets } from "../registry/transport.ts";
import { badSignature } from "./faults.ts";
import type { SignatureOptions, SimpleSignature } from "./types.ts";

export interface LookasideDeps {
  readonly files: Pick<Host["files"], "read">;
  /** Opened for this place; its owner closes it. */
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/** Whose signatures are wanted, and where they lie. */
export interface LookasideQuery {
  readonly base: URL;
  readonly reference: ImageReference;
  readonly manifest: Digest;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Opens the way to a server of signatures. It is trusted as the node trusts a registry of that name: `HOST/hosts.toml`. */
export async function connectLookaside(base: URL, options: SignatureOptions, files: Host["files"]): Promise<Transport> {
  const { registryConfigDirs, proxies, connectTimeoutMs, noProgressTimeoutMs } = options;
  const found = base.protocol === "https:" ? await findHostsToml(base.host, registryConfigDirs, files) : undefined;
  const server = found?.isDefault === false ? found.hosts.server : undefined;
  const tls = server === undefined ? noTlsFiles : await readTls(server, found?.directory ?? "", files);
  return new Transport({ tls, proxies, connectTimeoutMs, noProgressTimeoutMs });
}

/**
 * Gets the simple signatures of a manifest: `BASE/REPOSITORY@sha256=HEX/signature-1`, `-2` and so on, up to the first
 * that is not there.
 *
 * @see https://github.com/containers/image/blob/v5.36.0/docs/signature-protocols.md
 */
export async function fetchSimpleSignatures(
  query: LookasideQuery,
  deps: LookasideDeps,
): Promise<readonly SimpleSignature[]> {
  const found: SimpleSignature[] = [];
  while (found.length < maxSignatures) {
    const url = urlOf(query, found.length + 1);
    const bytes = await fetchOne(url, deps);
    if (bytes === undefined) return found;
    found.push({ kind: "simple-signing", origin: url.protocol === "file:" ? fileURLToPath(url) : url.href, bytes });
  }
  throw badSignature(`${withoutSecrets(query.base)} has more than ${maxSignatures} signatures`);
}

/** The name of the registry is no part of it. */
function urlOf({ base, reference, manifest }: LookasideQuery, number: number): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/${reference.path}@sha256=${hexOf(manifest)}/signature-${number}`;
  return url;
}

/** Undefined when it is not there. */
async function fetchOne(url: URL, deps: LookasideDeps): Promise<Buffer | undefined> {
  try {
    return url.protocol === "file:" ? await readFile(url, deps) : await download(url, deps);
  } catch (error) {
    throw Fault.within(`get a signature from ${withoutSecrets(url)}`, error);
  }
}

async function readFile(url: URL, { files }: LookasideDeps): Promise<Buffer | undefined> {
  try {
    return await files.read(fileURLToPath(url), { maxBytes: maxSignatureBytes });
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}

async function download(start: URL, { transport, signal }: LookasideDeps): Promise<Buffer | undefined> {
  let url = start;
  for (let hop = 0; ; hop += 1) {
    const answer = await transport.send({ method: "GET", url, headers: { "user-agent": "crisp" }, signal });
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) {
      return await readBody(answer, maxSignatureBytes, () => badSignature(`it has over ${maxSignatureBytes} bytes`));
    }
    answer.destroy();
    if (statusCode === 404) return undefined;
    const target = redirects.has(statusCode) && hop < maxRedirects ? redirectOf(headers.location, url) : undefined;
    if (target === undefined) throw new Fault("unavailable", `status ${statusCode}`);
    url = target;
  }
}

/** Never to what is no web address, nor from a safe one to one that anybody can forge. */
function redirectOf(location: string | undefined, from: URL): URL | undefined {
  const target = location === undefined ? null : URL.parse(location, from.href);
  if (target === null || !/^https?:$/.test(target.protocol)) return undefined;
  return from.protocol === "https:" && target.protocol === "http:" ? undefined : target;
}
