import type { Dirent, Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { TreeUsage } from "../types.ts";

/** What `st_blocks` counts in, on every file system. */
const blockBytes = 512;
const atOnce = 16;

/** Counts a tree while others may write to it. */
class UsageCount {
  readonly #device: number;
  /** Inodes with several names, each of which leads here. */
  readonly #linked = new Set<number>();
  #blocks = 0;
  #inodes = 0;

  constructor(device: number) {
    this.#device = device;
  }

  /** Counts an inode, once; whether it is a directory to go into. */
  add(stat: Stats): boolean {
    if (stat.dev !== this.#device) return false;
    const isDirectory = stat.isDirectory();
    if (!isDirectory && stat.nlink > 1) {
      if (this.#linked.has(stat.ino)) return false;
      this.#linked.add(stat.ino);
    }
    this.#blocks += stat.blocks;
    this.#inodes += 1;
    return isDirectory;
  }

  get usage(): TreeUsage {
    return { usedBytes: BigInt(this.#blocks) * BigInt(blockBytes), inodes: BigInt(this.#inodes) };
  }
}

/**
 * Disk use of a tree on its own file system: hard links once, holes not at all.
 *
 * What vanishes while it is counted is not counted, and neither is what lies
 * deeper than a path can say.
 */
export async function measureTree(path: string, signal?: AbortSignal): Promise<TreeUsage> {
  try {
    const root = await lstat(path);
    const count = new UsageCount(root.dev);
    const directories = count.add(root) ? [path] : [];
    for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
      signal?.throwIfAborted();
      for (const below of await countDirectory(count, directory)) directories.push(below);
    }
    return count.usage;
  } catch (error) {
    throw hostFault(`measure ${path}`, error);
  }
}

/** Counts the entries of a directory; answers with the directories among them. */
async function countDirectory(count: UsageCount, directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  const entries = await whileThere<Dirent[]>(readdir(directory, { withFileTypes: true }), []);
  for (let start = 0; start < entries.length; start += atOnce) {
    const paths = entries.slice(start, start + atOnce).map(({ name }) => join(directory, name));
    const stats = await Promise.all(paths.map((path) => whileThere<Stats | undefined>(lstat(path), undefined)));
    for (const [index, stat] of stats.entries()) {
      const path = paths[index];
      if (stat !== undefined && path !== undefined && count.add(stat)) found.push(path);
    }
  }
  return found;
}

async function whileThere<T>(act: Promise<T>, otherwise: T): Promise<T> {
  return act.catch((error: unknown) => {
    if (isErrno(error, "ENOENT", "ENAMETOOLONG", "ENOTDIR")) return otherwise;
    throw error;
  });
}
