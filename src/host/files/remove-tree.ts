/**
 * SAFETY: removes trees that a container wrote. Never follows a symlink (each
 * directory is looked at with lstat and read by its own name), never goes into
 * another file system or a mount.
 */
import { randomBytes } from "node:crypto";
import { lstat, readdir, readFile, realpath, rename, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../errno.ts";
import { hostFault, mountInTree } from "../faults.ts";
import { parseMountinfo } from "../mounts/mountinfo.ts";

/** Entries of a directory that are removed at once; libuv has few threads, more would only queue. */
const atOnce = 16;
/** Far below PATH_MAX, so that a name (255 bytes at most) still fits behind it. */
const longestPathBytes = 3_000;

/** The tree that is being removed. */
interface Tree {
  readonly root: string;
  readonly device: number;
  /** Directories that lay too deep for a path and were moved up; removed in turn. */
  readonly lifted: string[];
}

/** Removes a file or a tree. Missing is success, also of parts while it runs. */
export async function removeTree(path: string): Promise<void> {
  try {
    const stat = await lstat(path);
    if (!stat.isDirectory()) {
      await unlink(path);
      return;
    }
    await assertNoMountIn(path);
    const tree: Tree = { root: path, device: stat.dev, lifted: [] };
    await empty(tree, path);
    for (let lifted = tree.lifted.pop(); lifted !== undefined; lifted = tree.lifted.pop()) {
      await removeDirectory(tree, lifted);
    }
    await rmdir(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw hostFault(`remove ${path}`, error);
  }
}

/** A bind mount of the same file system has the same device: only the mount table tells. */
async function assertNoMountIn(path: string): Promise<void> {
  const mounts = parseMountinfo(await readFile("/proc/self/mountinfo", "utf8"));
  // The table has real paths: "/run" where we may say "/var/run".
  const real = await realpath(path);
  const inside = mounts.find(({ target }) => target === real || target.startsWith(`${real}/`));
  if (inside !== undefined) throw mountInTree(path, inside.target);
}

async function empty(tree: Tree, directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (let start = 0; start < entries.length; start += atOnce) {
    const some = entries.slice(start, start + atOnce);
    const outcomes = await Promise.allSettled(
      some.map((entry) => {
        const path = join(directory, entry.name);
        return entry.isDirectory() ? removeDirectory(tree, path) : unlinkIfThere(path);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}

async function removeDirectory(tree: Tree, directory: string): Promise<void> {
  // A container can nest directories deeper than a path can say. What lies that deep is moved up.
  if (Buffer.byteLength(directory) > longestPathBytes) return lift(tree, directory);
  const stat = await lstat(directory);
  if (stat.dev !== tree.device) throw mountInTree(tree.root, directory);
  if (!stat.isDirectory()) return unlinkIfThere(directory);
  await empty(tree, directory);
  await rmdir(directory);
}

async function lift(tree: Tree, directory: string): Promise<void> {
  const to = join(tree.root, `.crisp-remove-${randomBytes(8).toString("hex")}`);
  await rename(directory, to);
  tree.lifted.push(to);
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isErrno(error, "ENOENT")) throw error;
  });
}
