import { Fault, type FaultKind, isFault, messageOf } from "#foundation";

/** What one endpoint answered to one question, for a fault's text. */
export interface Attempt {
  /** Address without its query, which may hold a secret. */
  readonly url: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly problem: string;
  /** Whether it is the registry itself, as opposed to a mirror of it. */
  readonly isRegistry: boolean;
  /** Whether it was not asked at all, because it gave no answer a short while ago. */
  readonly isSkipped: boolean;
}

const refusedCode = "image.registry-refused";
const unreachableCode = "image.registry-unreachable";
const skippedCode = "image.host-skipped";
const redirectFailedCode = "image.redirect-failed";

/** When no endpoint of a registry gave what was asked for. What the registry itself said decides what it means. */
export function registryFailure(attempts: readonly Attempt[]): Fault {
  const isReached = attempts.some(({ status }) => status !== undefined);
  const own = attempts.filter((attempt) => attempt.isRegistry);
  const decisive = own.find(({ status }) => status !== undefined) ?? own[0] ?? attempts.at(-1);
  const kind = kindOfStatus(decisive?.status);
  const tried = attempts.map(({ url, problem }) => `${url}: ${problem}`).join("; ");
  const code = isReached ? refusedCode : unreachableCode;
  return new Fault(kind, tried, { reason: { code, attempts } });
}

/** Whether it is a registry's own refusal, as opposed to silence. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === refusedCode;
}

/** Whether a registry cannot serve now: it is silent, overloaded or broken. */
export function isRegistryUnavailable(thrown: unknown): boolean {
  return (isRefusal(thrown) || isUnreachable(thrown)) && isFault(thrown, "unavailable");
}

/** When a host was not asked because it gave no answer a short while ago. */
export function hostSkipped(
  host: string,
  problem: string,
  { agoMs, restMs }: { readonly agoMs: number; readonly restMs: number },
): Fault {
  const [ago, rest] = [Math.round(agoMs / 1000), Math.ceil(restMs / 1000)];
  const message = `not asked: ${problem} ${ago} s ago, next try ${rest === 0 ? "under way" : `in ${rest} s`}`;
  return new Fault("unavailable", message, { reason: { code: skippedCode, host, problem } });
}

/** Whether a host was not asked at all. */
export function isSkipped(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === skippedCode;
}

/** When the place that a host redirected to gives no answer. */
export function redirectFailed(url: string, problem: string, cause: unknown): Fault {
  return new Fault("unavailable", `redirected to ${url}: ${problem}`, {
    reason: { code: redirectFailedCode, url },
    cause,
  });
}

/** Whether it was not the host that was asked that failed, but the one it redirected to. */
export function isRedirectFailure(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === redirectFailedCode;
}

/** When an image that was here has been removed. */
export function imageMissing(id: string): Fault {
  return new Fault("not-found", `image ${id}: not on this node any more`, { reason: { code: "image.missing", id } });
}

/** When an archive needs a layer as it was sent, of which only the unpacked tree is here. */
export function layerNotKept(digest: string, problem: string, cause?: unknown): Fault {
  const help = "pull it again with images.keep_blobs, or let its registry be reached";
  const message = `layer ${digest} is not kept as it was sent (images.keep_blobs), ${problem}`;
  const told = cause === undefined ? `${message}: ${help}` : `${message}: ${messageOf(cause)}`;
  return new Fault(cause === undefined ? "not-found" : Fault.from(cause).kind, told, {
    reason: { code: "image.layer-not-kept", digest },
    cause,
  });
}

/** When no endpoint may be asked at all: the configuration leaves none. */
export function noEndpoint(host: string, capability: string): Fault {
  return new Fault("unavailable", `no endpoint of ${host} is configured for ${capability}`, {
    reason: { code: "image.no-endpoint", host, capability },
  });
}

/** When the configuration forbids an image. */
export function registryBlocked(prefix: string, file: string): Fault {
  return new Fault("denied", `images of ${prefix} are blocked by ${file}`, {
    reason: { code: "image.registry-blocked", prefix, file },
  });
}

/** When content does not have the digest that named it. */
export function contentMismatch(what: string, expected: string, actual: string): Fault {
  return new Fault("invalid", `${what} has the wrong digest: expected ${expected}, got ${actual}`, {
    reason: { code: "image.digest-mismatch", what, expected, actual },
  });
}

/** When content is shorter or longer than its descriptor says. */
export function sizeMismatch(what: string, expected: number, actual: number): Fault {
  return new Fault("invalid", `${what} has the wrong size: expected ${expected} bytes, got ${actual}`, {
    reason: { code: "image.size-mismatch", what, expected, actual },
  });
}

/** When a server sends other bytes of a blob than it was asked for. */
export function wrongRange(url: string, from: number, contentRange: string): Fault {
  const got = JSON.stringify(contentRange.slice(0, 80));
  return new Fault("invalid", `${url} was asked for bytes from ${from} on, and sends ${got}`, {
    reason: { code: "image.wrong-range", url, from, contentRange },
  });
}

/** Whether an endpoint would not give a part of a blob: it may still give the whole. */
export function isRangeRefused(thrown: unknown): boolean {
  if (!isRefusal(thrown)) return false;
  const { attempts } = (thrown as Fault).reason as unknown as { readonly attempts: readonly Attempt[] };
  return attempts.some(({ status }) => status === 416);
}

/** When the image was made for other machines only. */
export function noPlatform(wanted: string, offered: readonly string[]): Fault {
  const list = offered.length === 0 ? "none" : offered.join(", ");
  return new Fault("unsupported", `the image is not for ${wanted}; it is for: ${list}`, {
    reason: { code: "image.no-platform", wanted, offered },
  });
}

/** When a manifest is valid, but no container image: an artifact, or a kind of layer that cannot be unpacked. */
export function notAnImage(problem: string): Fault {
  return new Fault("unsupported", problem, { reason: { code: "image.not-an-image", problem } });
}

/** When a manifest and its configuration contradict each other. */
export function inconsistentImage(problem: string): Fault {
  return new Fault("invalid", problem, { reason: { code: "image.inconsistent", problem } });
}

/** When a layer's bytes are not what their compression claims. */
export function badCompression(compression: string, problem: string, cause: unknown): Fault {
  return new Fault("invalid", `${compression} stream is damaged: ${problem}`, {
    reason: { code: "image.bad-compression", compression, problem },
    cause,
  });
}

/** When an unpacking thread ends before its work. */
export function unpackerDied(cause: unknown): Fault {
  return new Fault("broken", "the unpacking thread ended", { reason: { code: "image.unpacker-died" }, cause });
}

/** When nothing arrives for too long. */
export function noProgress(url: string, timeoutMs: number): Fault {
  return new Fault("timed-out", `${url} sent nothing for ${timeoutMs / 1000} s`, {
    reason: { code: "image.no-progress", url, timeoutMs },
  });
}

/** When a connection is not made in time. */
export function connectTimeout(url: string, timeoutMs: number): Fault {
  return new Fault("timed-out", `no connection to ${url} within ${timeoutMs / 1000} s`, {
    reason: { code: "image.connect-timeout", url, timeoutMs },
  });
}

/** When a proxy cannot be reached, or does not do its work. */
export function proxyFailed(proxy: string, problem: string, cause: unknown): Fault {
  return new Fault("unavailable", `the proxy ${proxy}: ${problem}`, {
    reason: { code: "image.proxy-failed", proxy },
    cause,
  });
}

/** When a proxy does not connect to a host. */
export function tunnelRefused(target: string, status: number | undefined): Fault {
  return new Fault("unavailable", `no connection to ${target}: status ${status}`, {
    reason: { code: "image.tunnel-refused", target, status },
  });
}

function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === unreachableCode;
}

function kindOfStatus(status: number | undefined): FaultKind {
  if (status === undefined || status === 429 || status >= 500) return "unavailable";
  if (status === 401 || status === 403) return "denied";
  return status === 404 ? "not-found" : "broken";
}
