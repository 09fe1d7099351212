import { closeSync, constants, openSync } from "node:fs";
import { endianness } from "node:os";
import { basename, dirname, join } from "node:path";

const unixFamily = 1;
/** sun_path without its closing NUL. */
const maxPathBytes = 107;

/**
 * Does something with the address of a unix socket, whose path may be of any length.
 *
 * An address holds 107 bytes of path; the directory is therefore opened, and named by its descriptor.
 */
export function withUnixAddress<T>(path: string, work: (address: Buffer) => T): T {
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return work(addressOf(join("/proc/self/fd", String(directory), basename(path))));
  } finally {
    closeSync(directory);
  }
}

/** struct sockaddr_un. */
function addressOf(path: string): Buffer {
  if (Buffer.byteLength(path) > maxPathBytes) throw new Error(`the name of the socket ${path} is too long`);
  const address = Buffer.alloc(2 + maxPathBytes + 1);
  address[`writeUInt16${endianness()}`](unixFamily);
  address.write(path, 2);
  return address;
}
