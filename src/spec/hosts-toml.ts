import { Fault } from "#foundation";
import { type JsonObject, toFlag, toList, toObject, toText } from "./image/fields.ts";
import { parseTomlDocument } from "./toml-document.ts";

/** What an endpoint may be asked for: names to digests, content by digest. */
export type RegistryCapability = "pull" | "resolve";

export interface ClientCertificate {
  readonly certificate: string;
  /** Empty: the key is in the certificate's file. */
  readonly key: string;
}

/** How to talk to one endpoint. */
export interface EndpointSettings {
  /** Base of the API, without a slash at its end: "https://mirror.example/v2". */
  readonly baseUrl: string;
  readonly capabilities: readonly RegistryCapability[];
  /** Files with certificate authorities; relative ones are below the directory of the hosts.toml. */
  readonly authorities: readonly string[];
  readonly clientCertificates: readonly ClientCertificate[];
  readonly mustVerify: boolean;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Undefined: the client's own. */
  readonly connectTimeoutMs: number | undefined;
}

/** What a hosts.toml says about one registry. */
export interface RegistryHosts {
  /** Mirrors in the order of the file. */
  readonly mirrors: readonly EndpointSettings[];
  /** The registry itself, asked last; undefined when the file says `fallback = false`: it is then never asked. */
  readonly server: EndpointSettings | undefined;
}

/**
 * Reads a containerd hosts.toml for the registry `host`.
 *
 * Our one addition is `fallback = false` at the top: the registry itself is
 * then never asked.
 *
 * @throws Fault `invalid` naming the key
 * @see https://github.com/containerd/containerd/blob/v2.0.0/docs/hosts.md
 */
export function parseHostsToml(text: string, host: string): RegistryHosts {
  const document = parseTomlDocument(text, "hosts.toml");
  const blocks = document["host"] === undefined ? {} : toObject(document["host"], "host");
  const mirrors = Object.entries(blocks).map(([address, block]) =>
    decodeEndpoint(address, toObject(block, `host.${JSON.stringify(address)}`), "mirror"),
  );
  const server = toText(document["server"], "server");
  const hasFallback = toFlag(document["fallback"], "fallback", true);
  return {
    mirrors,
    server: hasFallback ? decodeEndpoint(server === "" ? host : server, document, "server") : undefined,
  };
}

/** The endpoint of a registry that no hosts.toml speaks of: plain HTTP on loopback, HTTPS elsewhere. */
export function defaultEndpoint(host: string): EndpointSettings {
  return decodeEndpoint(host, {}, "server");
}

/** Whether a host, with or without port, is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

function decodeEndpoint(address: string, block: JsonObject, role: "mirror" | "server"): EndpointSettings {
  const what = role === "server" ? "" : `host.${JSON.stringify(address)}.`;
  return {
    baseUrl: toBaseUrl(address, toFlag(block["override_path"], `${what}override_path`, false)),
    capabilities: decodeCapabilities(block["capabilities"], `${what}capabilities`),
    authorities: toTextOrTexts(block["ca"], `${what}ca`),
    clientCertificates: decodeClients(block["client"], `${what}client`),
    mustVerify: !toFlag(block["skip_verify"], `${what}skip_verify`, false),
    headers: decodeHeaders(block["header"], `${what}header`),
    connectTimeoutMs: decodeDuration(block["dial_timeout"], `${what}dial_timeout`),
  };
}

/** Docker Hub serves its API under another name than its images have. */
function toBaseUrl(address: string, isWholePath: boolean): string {
  const host = address === "docker.io" ? "registry-1.docker.io" : address;
  const url = URL.parse(host.includes("://") ? host : `${isLoopback(host) ? "http" : "https"}://${host}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "") {
    throw new Fault("invalid", `registry endpoint ${JSON.stringify(address)} is not an http or https address`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  const isComplete = isWholePath || path.endsWith("/v2");
  return `${url.origin}${path}${isComplete ? "" : "/v2"}`;
}

function decodeCapabilities(value: unknown, what: string): readonly RegistryCapability[] {
  const names = toList(value, what).map((name) => toText(name, what).toLowerCase());
  if (names.length === 0) return ["pull", "resolve"];
  // "push" and whatever comes later are nothing to a puller.
  return names.filter((name): name is RegistryCapability => name === "pull" || name === "resolve");
}

/** One file with both, a list of such files, or a list of [certificate, key] pairs. */
function decodeClients(value: unknown, what: string): readonly ClientCertificate[] {
  const entries = typeof value === "string" ? [value] : toList(value, what);
  return entries.map((entry, index) => {
    if (typeof entry === "string") return { certificate: entry, key: "" };
    const [certificate, key] = toList(entry, `${what}[${index}]`);
    return { certificate: toText(certificate, `${what}[${index}]`), key: toText(key, `${what}[${index}]`) };
  });
}

function decodeHeaders(value: unknown, what: string): Readonly<Record<string, readonly string[]>> {
  if (value === undefined) return {};
  const entries = Object.entries(toObject(value, what));
  return Object.fromEntries(entries.map(([name, member]) => [name, toTextOrTexts(member, `${what}.${name}`)]));
}

function decodeDuration(value: unknown, what: string): number | undefined {
  const text = toText(value, what);
  if (text === "") return undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) throw new Fault("invalid", `${what} ${JSON.stringify(text)} is not a duration such as "3s"`);
  const unitMs = { ms: 1, s: 1000, m: 60_000 }[match[2] as "ms" | "s" | "m"];
  return Number(match[1]) * unitMs;
}

function toTextOrTexts(value: unknown, what: string): readonly string[] {
  if (typeof value === "string") return [value];
  return toList(value, what).map((element) => toText(element, what));
}
