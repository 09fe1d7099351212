import { Fault, type FaultKind } from "#foundation";

/** What one endpoint answered to one question, for a fault's text. */
export interface Attempt {
  /** Address without its query, which may hold a secret. */
  readonly url: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly problem: string;
  /** Whether it is the registry itself, as opposed to a mirror of it. */
  readonly isRegistry: boolean;
}

const refusedCode = "image.registry-refused";
const unreachableCode = "image.registry-unreachable";

/** When no endpoint of a registry gave what was asked for. What the registry itself said decides what it means. */
export function registryFailure(attempts: readonly Attempt[]): Fault {
  const isReached = attempts.some(({ status }) => status !== undefined);
  const decisive = attempts.find((attempt) => attempt.isRegistry) ?? attempts.at(-1);
  const kind = kindOfStatus(decisive?.status);
  const tried = attempts.map(({ url, problem }) => `${url}: ${problem}`).join("; ");
  const code = isReached ? refusedCode : unreachableCode;
  return new Fault(kind, tried, { reason: { code, attempts } });
}

/** Whether it is a registry's own refusal, as opposed to silence. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === refusedCode;
}

/** Whether no endpoint of a registry could be reached at all. */
export function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === unreachableCode;
}

/** When an image that was here has been removed. */
export function imageMissing(id: string): Fault {
  return new Fault("not-found", `image ${id}: not on this node any more`, { reason: { code: "image.missing", id } });
}

/** When no endpoint may be asked at all: the configuration leaves none. */
export function noEndpoint(host: string, capability: string): Fault {
  return new Fault("unavailable", `no endpoint of ${host} is configured for ${capability}`, {
    reason: { code: "image.no-endpoint", host, capability },
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

function kindOfStatus(status: number | undefined): FaultKind {
  if (status === undefined || status === 429 || status >= 500) return "unavailable";
  if (status === 401 || status === 403) return "denied";
  return status === 404 ? "not-found" : "broken";
}
