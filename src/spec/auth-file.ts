import { parseJsonObject, toObject, toText } from "./image/fields.ts";
import { type Credentials, credentialsFor, type RegistryAuth, registryKeyOf } from "./registry-auth.ts";

/** Most bytes of a file with credentials. */
export const maxAuthFileBytes: number = 1024 * 1024;

/** Credentials by what they are for: "host", "host/namespace", "host/namespace/repository". */
export interface AuthFile {
  readonly entries: ReadonlyMap<string, RegistryAuth>;
  /** Members that would run other programs, and are not heeded. */
  readonly unheeded: readonly string[];
}

/**
 * Reads a file with credentials as docker and its kin write it.
 *
 * @throws Fault `invalid` naming the member
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md
 */
export function decodeAuthFile(bytes: Uint8Array): AuthFile {
  const document = parseJsonObject(bytes, "auth file", maxAuthFileBytes);
  const auths = document["auths"] === undefined ? {} : toObject(document["auths"], "auths");
  return {
    entries: new Map(
      Object.entries(auths).map(([key, value]) => [toKey(key), toAuth(value, `auths[${JSON.stringify(key)}]`)]),
    ),
    unheeded: ["credHelpers", "credsStore"].filter((name) => document[name] !== undefined),
  };
}

/** What the file has for a repository: the entry with the longest name that is the repository's or a part before a slash. */
export function findFileCredentials({ entries }: AuthFile, host: string, path: string): Credentials {
  const parts = [registryKeyOf(host), ...path.split("/")];
  for (let length = parts.length; length > 0; length -= 1) {
    const credentials = credentialsFor(host, entries.get(parts.slice(0, length).join("/")));
    if (credentials.kind !== "none") return credentials;
  }
  return { kind: "none" };
}

/** A key that is a whole address, as docker writes Docker Hub's, names only the host. */
function toKey(key: string): string {
  const address = key.replace(/^https?:\/\//, "");
  const [host = "", ...path] = address.replace(/\/+$/, "").split("/");
  const isAddress = address !== key || /^v[12]$/.test(path.join("/"));
  return [registryKeyOf(host), ...(isAddress ? [] : path)].join("/");
}

function toAuth(value: unknown, what: string): RegistryAuth {
  const entry = toObject(value, what);
  const text = (name: string): string => toText(entry[name], `${what}.${name}`);
  return {
    username: text("username"),
    password: text("password"),
    auth: text("auth"),
    serverAddress: "",
    identityToken: text("identitytoken"),
    registryToken: text("registrytoken"),
  };
}
