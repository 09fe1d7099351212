import { BlockList, isIP } from "node:net";
import { Fault } from "#foundation";
import { isLoopback } from "./hosts-toml.ts";

/** The variables that name proxies, as they were found; empty: not set. */
export interface ProxyEnvironment {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** A proxy of HTTP, and with what to come there. */
export interface HttpProxy {
  /** "http://proxy.example:3128", without the credentials. */
  readonly origin: string;
  readonly hostname: string;
  readonly port: number;
  /** Whether the proxy itself is spoken to by TLS. */
  readonly isSecure: boolean;
  /** Value of Proxy-Authorization. Never to be logged. */
  readonly authorization: string | undefined;
}

/** Which addresses are asked through which proxy. */
export interface ProxyRules {
  readonly http: HttpProxy | undefined;
  readonly https: HttpProxy | undefined;
  /** Whether an address is asked directly, whatever its scheme. */
  isDirect(hostname: string, port: string): boolean;
}

const noProxies: ProxyEnvironment = { httpProxy: "", httpsProxy: "", noProxy: "" };

/**
 * Reads the proxy variables as Go's clients do, so that a node's settings mean to crisp what they mean to its peers.
 *
 * @throws Fault `invalid` naming the variable, without its value, which may hold a password
 * @see https://pkg.go.dev/golang.org/x/net@v0.30.0/http/httpproxy
 */
export function parseProxyRules(environment: ProxyEnvironment = noProxies): ProxyRules {
  const entries = environment.noProxy
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map(parseException);
  return {
    http: parseProxy(environment.httpProxy, "HTTP_PROXY"),
    https: parseProxy(environment.httpsProxy, "HTTPS_PROXY"),
    isDirect: (hostname, port) => isLoopback(hostname) || entries.some((isException) => isException(hostname, port)),
  };
}

/** The proxy that an address is asked through; undefined: it is asked directly. */
export function proxyOf(url: URL, rules: ProxyRules): HttpProxy | undefined {
  const proxy = url.protocol === "https:" ? rules.https : rules.http;
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const hostname = url.hostname.replace(/\.$/, "");
  return proxy === undefined || rules.isDirect(hostname, port) ? undefined : proxy;
}

type Exception = (hostname: string, port: string) => boolean;

function parseException(entry: string): Exception {
  if (entry === "*") return () => true;
  const [network = "", prefix = ""] = entry.split("/");
  if (/^\d+$/.test(prefix) && isIP(network) !== 0) return inNetwork(network, Number(prefix));
  const [, name = entry, wantedPort = ""] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  const isName = isIP(plainAddress(name)) === 0 ? ofDomain(name) : inNetwork(plainAddress(name));
  return (hostname, port) => (wantedPort === "" || wantedPort === port) && isName(hostname, port);
}

/** "example.com" is it and all below; ".example.com" and "*.example.com" are only what is below. */
function ofDomain(name: string): Exception {
  const domain = name.replace(/^\*(?=\.)/, "");
  const below = domain.startsWith(".") ? domain : `.${domain}`;
  return (hostname) => hostname === domain || hostname.endsWith(below);
}

function inNetwork(network: string, prefix?: number): Exception {
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  const longest = family === "ipv6" ? 128 : 32;
  if (prefix !== undefined && prefix > longest) return () => false;
  const list = new BlockList();
  list.addSubnet(network, prefix ?? longest, family);
  return (hostname) => {
    const address = plainAddress(hostname);
    const kind = isIP(address);
    return kind !== 0 && list.check(address, kind === 6 ? "ipv6" : "ipv4");
  };
}

function plainAddress(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function parseProxy(text: string, variable: string): HttpProxy | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new Fault("invalid", `${variable} is not the address of an http or https proxy`);
  }
  const isSecure = url.protocol === "https:";
  return {
    origin: url.origin,
    hostname: plainAddress(url.hostname),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    isSecure,
    authorization: authorizationOf(url, variable),
  };
}

function authorizationOf({ username, password }: URL, variable: string): string | undefined {
  if (username === "" && password === "") return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString("base64")}`;
  } catch {
    // The cause would hold what must not be shown.
    throw new Fault("invalid", `${variable} has credentials that are not percent-encoded`);
  }
}
