import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { below, toPath } from "./names.ts";
import { diskBytes } from "./usage.ts";

/** What removing something gave back. */
export interface Erased {
  readonly inodes: number;
  readonly bytes: number;
}

/**
 * Removes a file or a whole tree, without following a symlink, and counts it.
 *
 * @param sparse the space that files with holes take, by inode; those that go are taken out
 */
export function erase(path: string, sparse: Map<number, number>): Erased {
  const found = lstatSync(toPath(path));
  if (!found.isDirectory()) {
    unlinkSync(toPath(path));
    // Content with another name stays, and with it the inode.
    if (found.nlink > 1) return { inodes: 0, bytes: 0 };
    const bytes = sparse.get(found.ino) ?? diskBytes(found.isFile() ? found.size : 0);
    sparse.delete(found.ino);
    return { inodes: 1, bytes };
  }
  const erased = { inodes: 1, bytes: diskBytes(1) };
  for (const name of readdirSync(toPath(path), "latin1")) {
    const { inodes, bytes } = erase(below(path, name), sparse);
    erased.inodes += inodes;
    erased.bytes += bytes;
  }
  rmdirSync(toPath(path));
  return erased;
}
