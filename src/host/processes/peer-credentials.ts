import type { Socket } from "node:net";
import { endianness } from "node:os";
import { Fault } from "#foundation";
import { descriptorOf } from "../descriptor-socket.ts";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import type { PeerCredentials } from "../types.ts";

/** SOL_SOCKET and SO_PEERCRED. */
const peerCredentialsOption = { level: 1, name: 17 };
/** struct ucred: pid, uid and gid, 32 bits each. */
const credentialsBytes = 12;

/** Asks the kernel who connected to a unix socket. */
export function readPeerCredentials(native: Native, socket: Socket): PeerCredentials {
  const fd = descriptorOf(socket);
  if (fd === undefined) {
    throw new Fault("wrong-state", "ask for the peer of a connection: it is closed");
  }
  const answer = Buffer.alloc(credentialsBytes);
  try {
    native.getsockopt(fd, peerCredentialsOption, answer);
  } catch (error) {
    throw hostFault("ask for the peer of a connection", error);
  }
  const read = (offset: number): number => answer[`readInt32${endianness()}`](offset);
  return { pid: read(0), uid: read(4) >>> 0, gid: read(8) >>> 0 };
}
