import { Fault } from "#foundation";
import { parseJsonObject, toText } from "./image/fields.ts";

/** Credentials for a registry, with the fields of CRI's AuthConfig; empty means absent. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  /** base64 of "username:password", instead of the two. */
  readonly auth: string;
  /** Registry that the credentials are for; empty: any. */
  readonly serverAddress: string;
  /** Refresh token, exchanged for access tokens. */
  readonly identityToken: string;
  /** Access token, sent as it is. */
  readonly registryToken: string;
}

/** What credentials amount to, once decoded. */
export type Credentials =
  | { readonly kind: "none" }
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "refresh-token"; readonly token: string }
  | { readonly kind: "access-token"; readonly token: string };

/** One way of authentication that a server asks for. */
export interface AuthChallenge {
  /** In lower case: "bearer", "basic". */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const maxTokenDocumentBytes: number = 1024 * 1024;
const maxHeaderLength = 16 * 1024;

/**
 * Decodes credentials as far as they are meant for `host`; those for another registry count as none.
 *
 * @throws Fault `invalid` when `auth` is not base64 of "username:password"
 */
export function credentialsFor(host: string, auth: RegistryAuth | undefined): Credentials {
  if (auth === undefined || !isMeantFor(host, auth.serverAddress)) return { kind: "none" };
  if (auth.registryToken !== "") return { kind: "access-token", token: auth.registryToken };
  if (auth.identityToken !== "") return { kind: "refresh-token", token: auth.identityToken };
  if (auth.username !== "") return { kind: "password", username: auth.username, password: auth.password };
  if (auth.auth !== "") return decodeBasic(auth.auth);
  return { kind: "none" };
}

/**
 * Reads a WWW-Authenticate header: one or more challenges. What cannot be read is left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string): readonly AuthChallenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const pattern = /([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/gy;
  for (const [, word = "", quoted, plain] of header.slice(0, maxHeaderLength).matchAll(pattern)) {
    const value = quoted?.replaceAll(/\\(.)/g, "$1") ?? plain;
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: {} });
    else Object.assign(challenges.at(-1)?.parameters ?? {}, { [word.toLowerCase()]: value });
  }
  return challenges;
}

/**
 * Reads the token out of a token server's answer. When it expires, the next 401 says so.
 *
 * @throws Fault `invalid` when it holds no token
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function decodeAccessToken(bytes: Uint8Array): string {
  const document = parseJsonObject(bytes, "token answer", maxTokenDocumentBytes);
  const token = toText(document["token"], "token") || toText(document["access_token"], "access_token");
  if (token === "") throw new Fault("invalid", "token answer holds no token");
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Fault("invalid", "token answer holds no token that a header can have");
  }
  return token;
}

function decodeBasic(auth: string): Credentials {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) throw new Fault("invalid", "credentials: auth is not base64 of username:password");
  // Some tools pad the password with NUL bytes.
  return { kind: "password", username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

function isMeantFor(host: string, serverAddress: string): boolean {
  if (serverAddress === "") return true;
  const address = serverAddress.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
  return registryKeyOf(address) === registryKeyOf(host);
}

/** A host as credentials know it: Docker Hub has several names for one registry. */
export function registryKeyOf(host: string): string {
  const dockerHub = ["index.docker.io", "registry-1.docker.io"];
  return dockerHub.includes(host) ? "docker.io" : host.toLowerCase();
}
