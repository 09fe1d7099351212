import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { Fault, type Logger } from "#foundation";
import type { Host } from "#host";

export interface ListenerOptions {
  readonly path: string;
  /** A socket that a service manager has opened at that path; with none, it is made. */
  readonly passedFd: number | undefined;
  readonly onConnection: (connection: Socket) => void;
}

export interface Listener {
  /** Takes no more connections; those that are open stay. */
  close(): Promise<void>;
}

/** Only the daemon's own user may speak to it. */
const socketMode = 0o600;

/**
 * Listens on a unix socket, for the daemon's own user alone: by the file's
 * mode, and by what the kernel says of whoever connects.
 *
 * A socket that a dead predecessor left is replaced, and one that a service
 * manager passes is taken as it is; the caller holds the lock
 * that proves it dead.
 */
export async function listen(host: Host, logger: Logger, options: ListenerOptions): Promise<Listener> {
  const { path, passedFd, onConnection } = options;
  if (passedFd === undefined) await makeRoom(host, path);
  const server = createServer((connection) => {
    if (isAllowed(host, logger, connection)) onConnection(connection);
    else connection.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(Fault.within(`listen on ${path}`, error)));
    server.listen(passedFd === undefined ? { path } : { fd: passedFd }, resolve);
  });
  if (passedFd === undefined) await host.files.chmod(path, socketMode);
  return {
    close: () =>
      new Promise((resolve) => {
        // Open connections belong to the gRPC server, which ends them; `close` would wait for them.
        server.close();
        resolve();
      }),
  };
}

async function makeRoom({ files }: Host, path: string): Promise<void> {
  await files.makeDirectory(dirname(path), { mode: 0o711 });
  await files.remove(path);
}

function isAllowed(host: Host, logger: Logger, connection: Socket): boolean {
  const peer = host.peerCredentials(connection);
  if (peer.uid === process.getuid?.()) return true;
  logger.warn("connection refused: another user", { uid: peer.uid, pid: peer.pid });
  return false;
}
