import { asksForUpgrade, type RequestHeaders, wordsOf } from "../request-headers.ts";

const upgradeName = "SPDY/3.1";
const protocolHeader = "x-stream-protocol-version";

/** Whether a request asks to become SPDY/3.1. */
export function isSpdyUpgrade(headers: RequestHeaders): boolean {
  return asksForUpgrade(headers, upgradeName.toLowerCase());
}

/** What a client sends to become SPDY/3.1 with one of these sub-protocols, best first. */
export function spdyRequestHeaders(protocols: readonly string[]): Record<string, string | string[]> {
  return { connection: "Upgrade", upgrade: upgradeName, [protocolHeader]: [...protocols] };
}

/** Which sub-protocol a session speaks: the first that the client names and the server knows. */
export type ProtocolChoice =
  | { readonly kind: "chosen"; readonly protocol: string }
  | { readonly kind: "none-named" }
  | { readonly kind: "none-known" };

/** Clients name their sub-protocols in one header or in several, best first. */
export function chooseSpdyProtocol(headers: RequestHeaders, known: readonly string[]): ProtocolChoice {
  const named = wordsOf(headers, protocolHeader);
  if (named.length === 0) return { kind: "none-named" };
  const protocol = named.find((name) => known.includes(name));
  return protocol === undefined ? { kind: "none-known" } : { kind: "chosen", protocol };
}

/** The head of the answer that turns a connection into SPDY/3.1. */
export function spdyAccepted(protocol: string): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    `Upgrade: ${upgradeName}`,
    `X-Stream-Protocol-Version: ${protocol}`,
    "\r\n",
  ].join("\r\n");
}
