import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import type { Child } from "./child.ts";
import { waitFor } from "./wait-for.ts";

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until a program accepts connections on a port of 127.0.0.1; fails with its log when it ends first. */
export async function waitForPort(port: number, listener: Child): Promise<void> {
  await waitFor(`port ${port}`, async () => {
    if (listener.hasEnded()) throw new Error(`wait for port ${port}: the program ended:\n${listener.logTail()}`);
    return canConnect(port);
  });
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
