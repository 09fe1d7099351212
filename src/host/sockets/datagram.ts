import { closeSync } from "node:fs";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import { withUnixAddress } from "./unix-address.ts";

const unixFamily = 1;
/** SOCK_DGRAM, SOCK_CLOEXEC and SOCK_NONBLOCK. */
const datagramSocket = 2 | 0o2000000 | 0o4000;

/** Sends one message to a unix socket of datagrams, without waiting for room. */
export function sendDatagram(native: Native, path: string, data: string): void {
  try {
    const fd = native.socket(unixFamily, datagramSocket, 0);
    try {
      withUnixAddress(path, (address) => native.connect(fd, address));
      native.send(fd, Buffer.from(data));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw hostFault(`send to ${path}`, error);
  }
}
