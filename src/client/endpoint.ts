import { Fault } from "#foundation";

/** A place where a CRI server listens. */
export interface Endpoint {
  /** As shown to people: `unix:///run/crisp/crisp.sock`. */
  readonly url: string;
  /** Absolute path of the socket. */
  readonly socketPath: string;
}

/** Longest path that a unix socket can have: sockaddr_un's 108 bytes less the final zero. */
const maxSocketPathBytes = 107;

/**
 * Reads an endpoint: `unix:///run/crisp/crisp.sock`, or the bare path of a socket.
 *
 * @throws Fault `invalid` for other schemes (CRI is only served on unix sockets here) and for relative or too long paths
 */
export function parseEndpoint(text: string): Endpoint {
  const socketPath = pathOf(text);
  if (!socketPath.startsWith("/")) {
    throw invalid(text, "it must be an absolute path of a unix socket, such as unix:///run/crisp/crisp.sock");
  }
  if (Buffer.byteLength(socketPath) > maxSocketPathBytes) {
    throw invalid(text, `the path of a unix socket has at most ${maxSocketPathBytes} bytes`);
  }
  return { url: `unix://${socketPath}`, socketPath };
}

function pathOf(text: string): string {
  if (text.startsWith("unix://")) return text.slice("unix://".length);
  if (text.startsWith("unix:")) return text.slice("unix:".length);
  if (text.includes("://")) throw invalid(text, "only unix sockets are supported");
  return text;
}

function invalid(text: string, why: string): Fault {
  return new Fault("invalid", `endpoint ${JSON.stringify(text)}: ${why}`, {
    reason: { code: "client.bad-endpoint", endpoint: text },
  });
}
