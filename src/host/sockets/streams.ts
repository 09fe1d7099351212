import { chmodSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import { readPeerCredentials } from "../processes/peer-credentials.ts";

/** Only this user may speak there. */
const socketMode = 0o600;
const directoryMode = 0o711;

/** Connects to a unix socket of bytes. */
export async function connectStream(path: string): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const socket = connect({ path, allowHalfOpen: true });
  // Stays: an error that nobody listens for would end the daemon, and one that comes later closes the socket anyway.
  socket.on("error", (error) => reject(hostFault(`connect to ${path}`, error)));
  socket.once("connect", () => resolve(socket));
  return await promise;
}

/** Listens on a unix socket of bytes, for this user alone: by the file's mode, and by what the kernel says of who connects. */
export async function listenStream(
  native: Native,
  path: string,
  onConnection: (connection: Duplex) => void,
): Promise<{ close(): Promise<void> }> {
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connection.on("error", () => connection.destroy());
    if (readPeerCredentials(native, connection).uid === process.getuid?.()) onConnection(connection);
    else connection.destroy();
  });
  try {
    await mkdir(dirname(path), { recursive: true, mode: directoryMode });
    rmSync(path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen(path, resolve);
    await promise;
    chmodSync(path, socketMode);
  } catch (error) {
    server.close();
    throw hostFault(`listen on ${path}`, error);
  }
  return {
    close: async () => {
      // It removes the file. Connections that are open belong to who took them; waiting would be for their end.
      server.close();
    },
  };
}
