import { type Digest, Fault } from "#foundation";
import { isDigest } from "./image/digest.ts";

/** A full name of an image; has a tag, a digest, or both. */
export interface ImageReference {
  /** Registry that the name belongs to, with port when given: "docker.io", "[::1]:5000". */
  readonly host: string;
  /** Repository in the registry: "library/busybox". */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const defaultHost = "docker.io";
const officialPrefix = "library/";
const maxNameLength = 255;
/** A name, ":" and 128 of tag, "@sha256:" and 64 of digest. */
const maxReferenceLength: number = maxNameLength + 1 + 128 + 1 + 71;

const hostPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:.]+\])(?::[0-9]{1,5})?$/;
const componentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const bareIdPattern = /^[0-9a-f]{64}$/;

/**
 * Reads an image reference and makes it full: a missing registry is docker.io,
 * a single word there is in `library/`, and without tag and digest the tag is
 * `latest`.
 *
 * @throws Fault `invalid` naming what is wrong with it
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export function parseReference(text: string): ImageReference {
  const named = parseNamedReference(text);
  return isNameOnly(named) ? { ...named, tag: "latest" } : named;
}

/**
 * Reads an image reference in which a missing tag stays missing.
 *
 * @throws Fault `invalid` naming what is wrong with it
 */
export function parseNamedReference(text: string): ImageReference {
  if (text === "") throw invalid(text, "it is empty");
  if (text.length > maxReferenceLength) throw invalid(`${text.slice(0, 80)}…`, "it is too long");
  const [named, digest] = splitDigest(text);
  const [name, tag] = splitTag(named, text);
  if (bareIdPattern.test(name)) throw invalid(text, "64 hex digits are an id, not a name");
  const { host, path } = splitHost(name);
  if (!hostPattern.test(host)) throw invalid(text, `registry ${JSON.stringify(host)} is not a host name`);
  assertPath(path, text);
  if (host.length + 1 + path.length > maxNameLength)
    throw invalid(text, `its name is over ${maxNameLength} characters`);
  return { host, path, tag, digest };
}

/** Whether a reference names a repository alone. */
export function isNameOnly({ tag, digest }: ImageReference): boolean {
  return tag === undefined && digest === undefined;
}

/** Registry and repository: "docker.io/library/busybox". */
export function repositoryOf(reference: ImageReference): string {
  return `${reference.host}/${reference.path}`;
}

/** The reference as text, in full. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${repositoryOf(reference)}${tag}${digest}`;
}

function splitDigest(text: string): [named: string, digest: Digest | undefined] {
  const at = text.indexOf("@");
  if (at === -1) return [text, undefined];
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) throw invalid(text, `digest ${JSON.stringify(digest)} is not sha256 and 64 hex digits`);
  return [text.slice(0, at), digest];
}

/** A colon after the last slash begins a tag; an earlier one begins a port. */
function splitTag(named: string, text: string): [name: string, tag: string | undefined] {
  const colon = named.lastIndexOf(":");
  if (colon === -1 || colon < named.lastIndexOf("/")) return [named, undefined];
  const tag = named.slice(colon + 1);
  if (!tagPattern.test(tag)) throw invalid(text, `tag ${JSON.stringify(tag)} is not allowed`);
  return [named.slice(0, colon), tag];
}

/** The first word is a registry when it cannot be part of a repository: it has a dot, a port, or is localhost. */
function splitHost(name: string): { host: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const host = isHost ? first : defaultHost;
  const path = isHost ? name.slice(slash + 1) : name;
  if (host !== defaultHost && host !== "index.docker.io") return { host, path };
  return { host: defaultHost, path: path.includes("/") ? path : `${officialPrefix}${path}` };
}

function assertPath(path: string, text: string): void {
  for (const component of path.split("/")) {
    if (componentPattern.test(component)) continue;
    const hint = component === component.toLowerCase() ? "" : " (upper case is not allowed)";
    throw invalid(text, `repository part ${JSON.stringify(component)} is not allowed${hint}`);
  }
}

function invalid(text: string, problem: string): Fault {
  return new Fault("invalid", `image reference ${JSON.stringify(text)}: ${problem}`, {
    reason: { code: "spec.bad-reference", reference: text },
  });
}
