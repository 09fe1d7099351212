import { Fault } from "#foundation";
import { type ImageReference, parseReference, repositoryOf } from "./reference.ts";
import type { RegistryLocation, RegistryMirror, RegistryTable } from "./registries-conf.ts";

/** A place that may have an image, and what the image's repository is called there. */
export interface RegistrySource {
  readonly host: string;
  readonly path: string;
  readonly isInsecure: boolean;
  readonly isMirror: boolean;
}

/** The table of a registries.conf that speaks of an image: the one with the longest prefix. */
export function findRegistryTable(
  reference: ImageReference,
  tables: readonly RegistryTable[],
): RegistryTable | undefined {
  const name = fullName(reference);
  const matching = tables.filter(({ prefix }) => matchedLength(name, prefix) > 0);
  return matching.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
}

/**
 * Where an image is looked for, in order: the table's mirrors as far as they serve such references, then its location.
 *
 * @throws Fault `invalid` when a location makes no image name of it
 */
export function registrySources(reference: ImageReference, table: RegistryTable): readonly RegistrySource[] {
  const mirrors = table.mirrors.filter((mirror) => doesServe(mirror, reference));
  return [
    ...mirrors.map((mirror) => ({ ...rewrite(reference, table.prefix, mirror), isMirror: true })),
    { ...rewrite(reference, table.prefix, table), isMirror: false },
  ];
}

function doesServe({ use }: RegistryMirror, { digest }: ImageReference): boolean {
  return use === "all" || (use === "digest-only") === (digest !== undefined);
}

/** What the prefix is compared with; a digest decides, so a tag beside it does not count. */
function fullName(reference: ImageReference): string {
  const { tag, digest } = reference;
  return digest === undefined ? `${repositoryOf(reference)}:${tag}` : `${repositoryOf(reference)}@${digest}`;
}

/**
 * How much of a name a prefix stands for; 0 when it is not one of its.
 *
 * As with the field's other readers of this file, "example.com" also stands
 * for "example.com:5000": what is blocked must not be reachable by its port.
 */
function matchedLength(name: string, prefix: string): number {
  const length = prefix.startsWith("*.") ? domainEnd(name, prefix.slice(1)) : prefixEnd(name, prefix);
  return length === name.length || /[:/@]/.test(name.charAt(length)) ? length : 0;
}

function prefixEnd(name: string, prefix: string): number {
  return name.startsWith(prefix) ? prefix.length : 0;
}

function domainEnd(name: string, domain: string): number {
  const host = name.slice(0, name.indexOf("/")).replace(/:\d+$/, "");
  return host.endsWith(domain) ? host.length : 0;
}

function rewrite(
  reference: ImageReference,
  prefix: string,
  { location, isInsecure }: RegistryLocation,
): Omit<RegistrySource, "isMirror"> {
  if (location === "") return { host: reference.host, path: reference.path, isInsecure };
  const name = fullName(reference);
  const rewritten = `${location}${name.slice(matchedLength(name, prefix))}`;
  const { host, path, tag, digest } = parse(rewritten, location);
  const isHostStated = rewritten.startsWith(`${host}/`);
  const isSameContent = digest === reference.digest && (digest !== undefined || tag === reference.tag);
  if (!isHostStated || !isSameContent) throw unusable(location, rewritten);
  return { host, path, isInsecure };
}

function parse(rewritten: string, location: string): ImageReference {
  try {
    return parseReference(rewritten);
  } catch (cause) {
    throw unusable(location, rewritten, cause);
  }
}

function unusable(location: string, rewritten: string, cause?: unknown): Fault {
  const problem = `the location ${JSON.stringify(location)} makes ${JSON.stringify(rewritten)} of the image's name`;
  return new Fault("invalid", `${problem}, which names no repository of a registry`, { cause });
}
