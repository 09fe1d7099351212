import type { BigIntStats } from "node:fs";
import { chmod, chown, lstat, open, rename, statfs, symlink } from "node:fs/promises";
import { deviceNumberOf } from "../device-number.ts";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import type { TreeEntry } from "../tree/types.ts";
import { walkTree } from "../tree/walk.ts";
import type {
  FileAccess,
  FileStat,
  Files,
  FilesystemUsage,
  OpenFile,
  TreeUsage,
  WatchDirectoryOptions,
  WriteAtomicOptions,
} from "../types.ts";
import { readInside, resolveInside } from "./inside-tree.ts";
import { openForChild } from "./open-for-child.ts";
import { openNewFile, type PieceSink } from "./piece-sink.ts";
import { listNames, readSmallFile, readWholeFile } from "./read-file.ts";
import { readPieces } from "./read-pieces.ts";
import { removeTree } from "./remove-tree.ts";
import { scatterTrees } from "./scatter-trees.ts";
import { measureTree } from "./tree-usage.ts";
import { watchDirectory } from "./watch-directory.ts";
import { makeDirectories, writeAtomically, writeFifo, writeInPlace } from "./write-file.ts";

/** The daemon's own files on this machine. */
export class LinuxFiles implements Files {
  readonly #native: Native;

  constructor(native: Native) {
    this.#native = native;
  }

  async read(path: string, options?: { readonly maxBytes?: number }): Promise<Buffer> {
    return readWholeFile(path, options?.maxBytes);
  }

  readRecent(path: string, { maxBytes }: { readonly maxBytes: number }): string {
    return readSmallFile(path, maxBytes);
  }

  async readText(path: string, options?: { readonly maxBytes?: number }): Promise<string> {
    return (await readWholeFile(path, options?.maxBytes)).toString("utf8");
  }

  async readInside(root: string, path: string, options?: { readonly maxBytes?: number }): Promise<Buffer> {
    return readInside(root, path, options?.maxBytes);
  }

  async resolveInside(root: string, path: string): Promise<string> {
    return resolveInside(root, path);
  }

  async writeAtomic(path: string, data: string | Uint8Array, options?: WriteAtomicOptions): Promise<void> {
    await writeAtomically(path, data, options);
  }

  async write(path: string, data: string | Uint8Array, options?: { readonly mode?: number }): Promise<void> {
    await writeInPlace(path, data, options?.mode);
  }

  async writeFifo(path: string, data: string | Uint8Array): Promise<void> {
    await writeFifo(path, data);
  }

  async createLarge(path: string, temporary: string): Promise<PieceSink> {
    return openNewFile(path, temporary);
  }

  readPieces(path: string, pieceBytes: number): AsyncIterable<Uint8Array> {
    return readPieces(path, pieceBytes);
  }

  walkTree(path: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<TreeEntry> {
    return walkTree(path, options);
  }

  async openForChild(path: string, access: FileAccess, options?: { readonly mode?: number }): Promise<OpenFile> {
    return openForChild(path, access, options?.mode);
  }

  async makeDirectory(path: string, options?: { readonly mode?: number }): Promise<void> {
    await makeDirectories(path, options?.mode);
  }

  async scatterTrees(path: string): Promise<void> {
    await scatterTrees(path, this.#native);
  }

  async remove(path: string): Promise<void> {
    await removeTree(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await naming(`rename ${from} to ${to}`, rename(from, to));
  }

  async symlink(target: string, path: string): Promise<void> {
    await naming(`link ${path} to ${target}`, symlink(target, path));
  }

  async list(path: string): Promise<readonly string[]> {
    return listNames(path);
  }

  async stat(path: string): Promise<FileStat | undefined> {
    try {
      return toFileStat(await lstat(path, { bigint: true }));
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw hostFault(`look at ${path}`, error);
    }
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    await naming(`give ${path} to ${uid}:${gid}`, chown(path, uid, gid));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await naming(`set mode ${mode.toString(8)} of ${path}`, chmod(path, mode));
  }

  async syncFilesystem(path: string): Promise<void> {
    try {
      await using file = await open(path, "r");
      await this.#native.syncfs(file.fd);
    } catch (error) {
      throw hostFault(`sync the file system of ${path}`, error);
    }
  }

  async filesystemUsage(path: string): Promise<FilesystemUsage> {
    const { blocks, bavail, bsize, files, ffree } = await naming(
      `ask for the space at ${path}`,
      statfs(path, { bigint: true }),
    );
    return {
      totalBytes: blocks * bsize,
      availableBytes: bavail * bsize,
      totalInodes: files,
      availableInodes: ffree,
    };
  }

  async treeUsage(path: string, options?: { readonly signal?: AbortSignal }): Promise<TreeUsage> {
    return measureTree(path, options?.signal);
  }

  watchDirectory(path: string, options: WatchDirectoryOptions): { close(): void } {
    return watchDirectory(path, options);
  }
}

function toFileStat(stat: BigIntStats): FileStat {
  const deviceNumber = deviceNumberOf(stat);
  return {
    kind: kindOf(stat),
    sizeBytes: Number(stat.size),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    inode: stat.ino,
    device: stat.dev,
    modifiedAtNanos: stat.mtimeNs,
    ...(deviceNumber === undefined ? {} : { deviceNumber }),
  };
}

function kindOf(stat: BigIntStats): FileStat["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "other";
}

async function naming<T>(act: string, doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    throw hostFault(act, error);
  }
}
