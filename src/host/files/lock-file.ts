import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { isErrno } from "../errno.ts";
import { hostFault, lockHeld } from "../faults.ts";
import type { Native } from "../native/native.ts";
import type { FileLock } from "../types.ts";

/**
 * Takes the exclusive lock of a file and writes our pid into it.
 *
 * The kernel keeps the lock with the open file and gives it back when the
 * process ends, so that no stale lock can exist. The file itself stays: were it
 * removed, two owners could lock two files of one name.
 */
export async function lockFile(native: Native, path: string): Promise<FileLock> {
  // A bare descriptor: Node closes a FileHandle that nobody refers to any more, and the lock with it.
  const fd = openLock(path);
  try {
    native.flockNow(fd);
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    const holder = readPid(fd);
    closeSync(fd);
    throw isErrno(error, "EWOULDBLOCK", "EAGAIN") ? lockHeld(path, holder) : hostFault(`lock ${path}`, error);
  }
  return { path, release: async () => closeSync(fd) };
}

function openLock(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    throw hostFault(`lock ${path}`, error);
  }
}

/** The pid that the holder wrote; undefined when it has not come to that yet. */
function readPid(fd: number): number | undefined {
  const buffer = Buffer.alloc(16);
  const length = readSync(fd, buffer, 0, buffer.length, 0);
  const pid = Number.parseInt(buffer.toString("latin1", 0, length), 10);
  return pid > 0 ? pid : undefined;
}
