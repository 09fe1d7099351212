import { randomBytes } from "node:crypto";
import { close, constants, fstat, open, write } from "node:fs";
import { lstat, open as openFile, rename, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { basename, dirname, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { Fault, orAborted } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";

/** Where a long stream of bytes goes; the other end of `readPieces`. One call at a time. */
export interface PieceSink {
  /** Returns when the bytes have gone, so a slow reader holds up the writer. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Ends the stream: all is there. */
  commit(): Promise<void>;
  /** Gives up. After a commit nothing happens. */
  discard(): Promise<void>;
}

/**
 * Opens a file that comes to its place, readable by its owner only, when it is complete; until then what was there stays.
 *
 * @param temporary its name until then, for who must find it again
 * @throws Fault `invalid` for a path that is not absolute, or where something other than a file is
 */
export async function openNewFile(path: string, temporary: string = temporaryName(path)): Promise<PieceSink> {
  if (!isAbsolute(path)) throw new Fault("invalid", `write ${JSON.stringify(path)}: the path is not absolute`);
  try {
    await assertReplaceable(path);
    const file = await openFile(temporary, "wx", 0o600);
    let isOpen = true;
    return {
      write: (bytes, signal) =>
        writeWhole(bytes, signal, path, (rest) => file.write(rest).then((done) => done.bytesWritten)),
      commit: async () => {
        try {
          await file.sync();
          await file.close();
          await rename(temporary, path);
          isOpen = false;
        } catch (error) {
          throw hostFault(`write ${path}`, error);
        }
      },
      discard: async () => {
        if (!isOpen) return;
        isOpen = false;
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  } catch (error) {
    throw hostFault(`write ${path}`, error);
  }
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/**
 * Opens what is at a path, such as another process's standard output, to add to its end: a pipe, a file, a device.
 *
 * Opening and writing block no thread: the reader of a pipe may take its time, or have gone.
 *
 * @throws Fault `not-found`; what else the kernel says
 */
export async function openInPlace(path: string): Promise<PieceSink> {
  if (!isAbsolute(path)) throw new Fault("invalid", `write ${JSON.stringify(path)}: the path is not absolute`);
  try {
    const { O_WRONLY, O_APPEND, O_NONBLOCK } = constants;
    const fd = await promisify(open)(path, O_WRONLY | O_APPEND | O_NONBLOCK);
    const isPipe = (await promisify(fstat)(fd)).isFIFO();
    return isPipe ? pipeSink(fd, path) : descriptorSink(fd, path);
  } catch (error) {
    if (isErrno(error, "ENXIO")) throw new Fault("wrong-state", `write ${path}: nobody reads it`, { cause: error });
    throw hostFault(`write ${path}`, error);
  }
}

async function assertReplaceable(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
  if (found === undefined || found.isFile()) return;
  throw new Fault("invalid", `write ${path}: it is there already, and no plain file`);
}

function descriptorSink(fd: number, path: string): PieceSink {
  let closing: Promise<void> | undefined;
  const end = (): Promise<void> => (closing ??= promisify(close)(fd));
  return {
    write: (bytes, signal) =>
      writeWhole(bytes, signal, path, (rest) => promisify(write)(fd, rest).then((done) => done.bytesWritten)),
    commit: end,
    discard: end,
  };
}

function pipeSink(fd: number, path: string): PieceSink {
  const socket = new Socket({ fd, readable: false, writable: true });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const broken = Promise.withResolvers<never>();
  // Not every failure finds somebody waiting.
  broken.promise.catch(() => {});
  socket.on("error", (error) => broken.reject(hostFault(`write ${path}`, error)));
  const discard = async (): Promise<void> => {
    socket.destroy();
    await closed;
  };
  return {
    write: async (bytes, signal) => {
      const written = new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
      await orAborted(Promise.race([broken.promise, written]), signal);
    },
    commit: async () => {
      socket.end();
      await Promise.race([broken.promise, closed]);
    },
    discard,
  };
}

/** The kernel may take less than it is given. */
async function writeWhole(
  bytes: Uint8Array,
  signal: AbortSignal,
  path: string,
  some: (rest: Uint8Array) => Promise<number>,
): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) {
      signal.throwIfAborted();
      at += await some(bytes.subarray(at));
    }
  } catch (error) {
    throw signal.aborted ? error : hostFault(`write ${path}`, error);
  }
}
