import { closeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { Fault } from "#foundation";
import type { DescriptorSockets } from "../descriptor-socket.ts";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import { ForeignDuplex } from "./foreign-duplex.ts";
import { withUnixAddress } from "./unix-address.ts";

const unixFamily = 1;
/** SOCK_SEQPACKET, SOCK_CLOEXEC and SOCK_NONBLOCK. */
const packetSocket = 5 | 0o2000000 | 0o4000;
const maxPacketBytes = 32_768;

/** Time in which a listener makes room for one more. */
const patienceMs = 5_000;
/** The kernel has no event for that room: a caller that does not block can only ask again. */
const askAgainMs = 10;

/** Connects to a unix socket of packets; waits only while the listener has as many waiting connections as it takes. */
export async function connectPackets(native: Native, sockets: DescriptorSockets, path: string): Promise<Duplex> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const connection = tryConnect(native, sockets, path);
    if (connection !== undefined) return connection;
    if (performance.now() > giveUpAt) throw listenerBusy(path);
    await setTimeout(askAgainMs);
  }
}

/** Undefined when the listener has no room. */
function tryConnect(native: Native, sockets: DescriptorSockets, path: string): Duplex | undefined {
  try {
    const fd = native.socket(unixFamily, packetSocket, 0);
    try {
      withUnixAddress(path, (address) => native.connect(fd, address));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    const kind = {
      name: `connection to ${path}`,
      keepsPackets: true,
      maxWriteBytes: maxPacketBytes,
      canHalfClose: true,
    };
    return new ForeignDuplex(sockets.open(fd), kind);
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return undefined;
    throw hostFault(`connect to ${path}`, error);
  }
}

function listenerBusy(path: string): Fault {
  return new Fault("unavailable", `connect to ${path}: its listener does not take connections`, {
    reason: { code: "host.listener-busy", path },
  });
}
