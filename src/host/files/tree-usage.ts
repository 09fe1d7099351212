import { lstatSync, readdirSync, type Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { TreeUsage } from "../types.ts";

/** What `st_blocks` counts in, on every file system. */
const blockBytes = 512;
const atOnce = 16;
/**
 * Time of the event loop that a tree may take. A look by way of the pool costs the processors four times as much, and most
 * writable layers are a few files that the kernel has in memory.
 */
const directMs = 1;
/** Of a larger directory, nobody knows how long reading it takes; this much are a few hundred entries on most file systems. */
const smallDirectoryBytes = 4_096;

interface Directory {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Disk use of a tree on its own file system: hard links once, holes not at all.
 *
 * What vanishes while it is counted is not counted, and neither is what lies
 * deeper than a path can say.
 */
export async function measureTree(path: string, signal?: AbortSignal): Promise<TreeUsage> {
  try {
    // In the pool at any rate: the event loop must not wait for a disk that does not answer.
    const root = await lstat(path);
    const count = new UsageCount(root.dev);
    count.add(path, root);
    await count.addBelow(signal);
    return count.usage;
  } catch (error) {
    throw hostFault(`measure ${path}`, error);
  }
}

/** Counts a tree while others may write to it. */
class UsageCount {
  readonly #device: number;
  readonly #directUntilMs = performance.now() + directMs;
  /** Directories that were counted, and not yet what is in them. */
  readonly #directories: Directory[] = [];
  /** Inodes with several names, each of which leads here. */
  readonly #linked = new Set<number>();
  #blocks = 0;
  #inodes = 0;

  constructor(device: number) {
    this.#device = device;
  }

  get usage(): TreeUsage {
    return { usedBytes: BigInt(this.#blocks) * BigInt(blockBytes), inodes: BigInt(this.#inodes) };
  }

  /** Counts an inode, once. */
  add(path: string, stat: Stats): void {
    if (stat.dev !== this.#device) return;
    if (stat.isDirectory()) {
      this.#directories.push({ path, sizeBytes: stat.size });
    } else if (stat.nlink > 1) {
      if (this.#linked.has(stat.ino)) return;
      this.#linked.add(stat.ino);
    }
    this.#blocks += stat.blocks;
    this.#inodes += 1;
  }

  /** Counts what is in the directories, and in those that are found there. */
  async addBelow(signal: AbortSignal | undefined): Promise<void> {
    for (let next = this.#directories.pop(); next !== undefined; next = this.#directories.pop()) {
      signal?.throwIfAborted();
      const directory = next;
      await whileThere(() => this.#addEntries(directory));
    }
  }

  async #addEntries({ path: directory, sizeBytes }: Directory): Promise<void> {
    const isSmall = sizeBytes <= smallDirectoryBytes;
    const names = isSmall && this.#isDirect ? readdirSync(directory) : await readdir(directory);
    for (let start = 0; start < names.length; start += atOnce) {
      const paths = names.slice(start, start + atOnce).map((name) => join(directory, name));
      await Promise.all(paths.map((path) => whileThere(() => this.#addEntry(path))));
    }
  }

  async #addEntry(path: string): Promise<void> {
    this.add(path, this.#isDirect ? lstatSync(path) : await lstat(path));
  }

  get #isDirect(): boolean {
    return performance.now() < this.#directUntilMs;
  }
}

async function whileThere(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENAMETOOLONG", "ENOTDIR")) throw error;
  }
}
