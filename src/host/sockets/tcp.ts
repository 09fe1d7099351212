import { closeSync, openSync } from "node:fs";
import { connect, isIPv6, Socket, type SocketConstructorOpts } from "node:net";
import type { Duplex } from "node:stream";
import { deadline, Fault } from "#foundation";
import { hostFault } from "../faults.ts";
import { awayFromHome, cloneFlags } from "../namespaces/home.ts";
import type { Native } from "../native/native.ts";
import type { TcpAddress, TcpOptions } from "./types.ts";

const ipv4Family = 2;
const ipv6Family = 10;
/** SOCK_STREAM, SOCK_CLOEXEC and SOCK_NONBLOCK. */
const streamSocket = 1 | 0o2000000 | 0o4000;

/**
 * Connects by TCP from inside a network namespace.
 *
 * A socket stays in the namespace that it was made in: only its making happens inside, within one turn of the event loop.
 */
export async function connectTcp(native: Native, address: TcpAddress, options: TcpOptions): Promise<Duplex> {
  const act = `connect to ${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
  const limit = deadline(options.timeoutMs, options.signal);
  if (limit.aborted) throw Fault.within(act, limit.reason);
  try {
    return await connected(startConnect(native, address, options.namespacePath), limit);
  } catch (error) {
    throw hostFault(act, error);
  }
}

function startConnect(native: Native, { host, port }: TcpAddress, namespacePath: string | undefined): Socket {
  if (namespacePath === undefined) return connect({ host, port, allowHalfOpen: true, noDelay: true });
  const fd = socketInside(native, namespacePath, isIPv6(host) ? ipv6Family : ipv4Family);
  // Without a manual start Node would read from it before it is connected, and fail.
  const options = { fd, allowHalfOpen: true, manualStart: true } as SocketConstructorOpts;
  const socket = new Socket(options);
  return socket.setNoDelay(true).connect({ host, port });
}

function socketInside(native: Native, namespacePath: string, family: number): number {
  const namespace = openSync(namespacePath, "r");
  try {
    const leave = (): void => native.setns(namespace, cloneFlags.net);
    return awayFromHome(native, ["net"], leave, () => native.socket(family, streamSocket, 0));
  } finally {
    closeSync(namespace);
  }
}

function connected(socket: Socket, limit: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const giveUp = (): void => {
    socket.destroy();
    reject(limit.reason as Error);
  };
  limit.addEventListener("abort", giveUp, { once: true });
  // Stays: an error that nobody listens for would end the daemon, and one that comes later closes the socket anyway.
  socket.on("error", reject);
  socket.once("connect", () => {
    limit.removeEventListener("abort", giveUp);
    resolve(socket);
  });
  return promise.finally(() => limit.removeEventListener("abort", giveUp));
}
