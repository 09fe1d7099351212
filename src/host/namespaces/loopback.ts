import { closeSync } from "node:fs";
import { endianness } from "node:os";
import type { Native } from "../native/native.ts";

const afInet = 2;
const datagramCloseOnExec = 2 | 0o2000000;
const getInterfaceFlags = 0x8913;
const setInterfaceFlags = 0x8914;
const interfaceUp = 1;
/** struct ifreq: 16 bytes of name, then the flags as a short in machine order. */
const requestBytes = 40;
const flagsOffset = 16;

/** Brings `lo` up in the network namespace of the calling thread; the kernel gives it 127.0.0.1/8 and ::1/128. */
export function bringLoopbackUp(native: Native): void {
  const socket = native.socket(afInet, datagramCloseOnExec, 0);
  try {
    const request = Buffer.alloc(requestBytes);
    request.write("lo");
    native.ioctl(socket, getInterfaceFlags, request);
    const flags = request[`readUInt16${endianness()}`](flagsOffset);
    request[`writeUInt16${endianness()}`](flags | interfaceUp, flagsOffset);
    native.ioctl(socket, setInterfaceFlags, request);
  } finally {
    closeSync(socket);
  }
}
