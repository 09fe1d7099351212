import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Fault } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { WriteAtomicOptions } from "../types.ts";

const defaultFileMode = 0o644;
const defaultDirectoryMode = 0o755;

/** Puts a whole new file in the place of the old one: a crash leaves the one or the other. */
export async function writeAtomically(
  path: string,
  data: string | Uint8Array,
  options: WriteAtomicOptions = {},
): Promise<void> {
  const { mode = defaultFileMode, isDurable = true } = options;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeNew(temporary, data, { mode, isDurable });
    await rename(temporary, path);
    if (isDurable) await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw hostFault(`write ${path}`, error);
  }
}

/** Writes into the file itself: a reader may see half of it. */
export async function writeInPlace(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
  try {
    const { file, isNew } = await openOrMake(path, O_WRONLY | O_TRUNC, O_CREAT);
    await using owned = file;
    if (isNew) await owned.chmod(mode ?? defaultFileMode);
    await owned.writeFile(data);
  } catch (error) {
    throw hostFault(`write ${path}`, error);
  }
}

/** Writes what a pipe takes at once. Opening waits for nobody: a fifo without a reader would block a thread for ever. */
export async function writeFifo(path: string, data: string | Uint8Array): Promise<void> {
  try {
    await using file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    await file.write(Buffer.from(data));
  } catch (error) {
    if (isErrno(error, "ENXIO")) {
      throw new Fault("wrong-state", `write ${path}: nobody reads it`, {
        reason: { code: "host.fifo-without-reader", path },
        cause: error,
      });
    }
    throw hostFault(`write ${path}`, error);
  }
}

/** Makes a directory and what is missing above it. An existing one is left as it is. */
export async function makeDirectories(path: string, mode: number = defaultDirectoryMode): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, mode: defaultDirectoryMode });
    // Our umask would take bits away.
    if (first !== undefined) await chmod(path, mode);
  } catch (error) {
    throw hostFault(`make directory ${path}`, error);
  }
}

async function writeNew(path: string, data: string | Uint8Array, options: Required<WriteAtomicOptions>): Promise<void> {
  await using file = await open(path, "wx", options.mode);
  // Our umask would take bits away.
  await file.chmod(options.mode);
  await file.writeFile(data);
  if (options.isDurable) await file.sync();
}

/** A new name in a directory survives a power cut only once the directory itself is on disk. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

async function openOrMake(
  path: string,
  flags: number,
  makeFlag: number,
): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, flags), isNew: false };
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    return { file: await open(path, flags | makeFlag, 0o600), isNew: true };
  }
}
