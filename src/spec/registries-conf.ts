import { Fault } from "#foundation";
import { type JsonObject, toFlag, toList, toObject, toText } from "./image/fields.ts";
import { parseTomlDocument } from "./toml-document.ts";

/** Which references a mirror is asked for. */
export type MirrorUse = "all" | "digest-only" | "tag-only";

/** A place that holds the namespace of a prefix. */
export interface RegistryLocation {
  /** Host with port, and what stands for the prefix there: "mirror.example/hub". Empty: the prefix as it was asked for. */
  readonly location: string;
  /** Neither certificates nor TLS at all are insisted on. */
  readonly isInsecure: boolean;
}

export interface RegistryMirror extends RegistryLocation {
  readonly use: MirrorUse;
}

/** What a registries.conf says about all images whose names begin alike. */
export interface RegistryTable extends RegistryLocation {
  /** "host", "host/namespace", "host/namespace/repository:tag", or "*.domain". */
  readonly prefix: string;
  readonly isBlocked: boolean;
  /** In the order in which to ask them, before the location itself. */
  readonly mirrors: readonly RegistryMirror[];
}

const wildcard = "*.";
const mirrorUses: ReadonlySet<string> = new Set(["all", "digest-only", "tag-only"]);

/**
 * Reads the registries of a registries.conf of version 2.
 *
 * What is about short names (`unqualified-search-registries`, `aliases`,
 * `short-name-mode`) is read over: a CRI server's short names are Docker Hub's.
 *
 * @throws Fault `invalid` naming the key, also for version 1 of the format, whose blocks must not be lost
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-registries.conf.5.md
 */
export function parseRegistriesConf(text: string): readonly RegistryTable[] {
  const document = parseTomlDocument(text, "registries.conf");
  if (document["registries"] !== undefined) {
    throw new Fault("invalid", "registries has the retired version 1 of the format: write [[registry]] tables");
  }
  return toList(document["registry"], "registry").map((table, index) => {
    const what = `registry[${index}]`;
    return decodeTable(toObject(table, what), what);
  });
}

/**
 * Joins the tables of several files, read in order: a later table replaces an earlier one with the same prefix.
 *
 * @throws Fault `invalid` when two tables contradict each other about one location
 */
export function joinRegistryTables(tables: readonly RegistryTable[]): readonly RegistryTable[] {
  const joined = [...new Map(tables.map((table) => [table.prefix, table])).values()];
  const byLocation = new Map<string, RegistryTable>();
  for (const table of joined) {
    const other = byLocation.get(table.location);
    byLocation.set(table.location, table);
    if (table.location === "" || other === undefined) continue;
    if (other.isInsecure !== table.isInsecure) throw contradiction(table, other, "insecure");
    if (other.isBlocked !== table.isBlocked) throw contradiction(table, other, "blocked");
  }
  return joined;
}

function decodeTable(table: JsonObject, what: string): RegistryTable {
  const location = toLocation(table["location"], `${what}.location`);
  const prefix = toLocation(table["prefix"], `${what}.prefix`) || location;
  if (prefix === "") throw new Fault("invalid", `${what} has neither prefix nor location`);
  const isWildcard = prefix.startsWith(wildcard);
  if (isWildcard && /[/@:]/.test(prefix)) {
    throw new Fault("invalid", `${what}.prefix ${JSON.stringify(prefix)} is not of the form "*.example.com"`);
  }
  if (table["pull-from-mirror"] !== undefined) {
    throw new Fault("invalid", `${what}.pull-from-mirror is a setting of mirrors`);
  }
  const isByDigestOnly = toFlag(table["mirror-by-digest-only"], `${what}.mirror-by-digest-only`, false);
  return {
    prefix,
    location: location === "" && !isWildcard ? prefix : location,
    isInsecure: toFlag(table["insecure"], `${what}.insecure`, false),
    isBlocked: toFlag(table["blocked"], `${what}.blocked`, false),
    mirrors: toList(table["mirror"], `${what}.mirror`).map((mirror, index) => {
      const name = `${what}.mirror[${index}]`;
      return decodeMirror(toObject(mirror, name), name, isByDigestOnly);
    }),
  };
}

function decodeMirror(mirror: JsonObject, what: string, isByDigestOnly: boolean): RegistryMirror {
  const location = toLocation(mirror["location"], `${what}.location`);
  if (location === "") throw new Fault("invalid", `${what}.location is missing`);
  const use = toText(mirror["pull-from-mirror"], `${what}.pull-from-mirror`);
  if (use !== "" && isByDigestOnly) {
    throw new Fault("invalid", `${what}.pull-from-mirror contradicts the registry's mirror-by-digest-only`);
  }
  if (use !== "" && !isMirrorUse(use)) {
    const names = [...mirrorUses].join(", ");
    throw new Fault("invalid", `${what}.pull-from-mirror ${JSON.stringify(use)} is none of ${names}`);
  }
  return {
    location,
    isInsecure: toFlag(mirror["insecure"], `${what}.insecure`, false),
    use: use === "" ? (isByDigestOnly ? "digest-only" : "all") : use,
  };
}

function isMirrorUse(text: string): text is MirrorUse {
  return mirrorUses.has(text);
}

function toLocation(value: unknown, what: string): string {
  const text = toText(value, what).replace(/\/+$/, "");
  if (text.includes("://"))
    throw new Fault("invalid", `${what} ${JSON.stringify(text)} has a scheme, which it may not`);
  return text;
}

function contradiction(table: RegistryTable, other: RegistryTable, key: string): Fault {
  const prefixes = `${other.prefix} and ${table.prefix}`;
  return new Fault("invalid", `the registries ${prefixes} have one location, but different settings of ${key}`);
}
