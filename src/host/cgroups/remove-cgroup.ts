import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isErrno } from "../errno.ts";
import { cgroupBusy, hostFault } from "../faults.ts";
import { parentOf } from "./cgroup-path.ts";
import type { CgroupTree } from "./cgroup-tree.ts";
import { childrenOf, isUnused, pidsBelow } from "./look.ts";

/** Removes a cgroup and those below it from every hierarchy, waiting `budgetMs` at most for processes that die. */
export async function removeCgroup(tree: CgroupTree, path: string, budgetMs: number): Promise<void> {
  const until = performance.now() + budgetMs;
  try {
    await inEach(tree, (directory) => removeBelow(join(directory, path), until));
  } catch (error) {
    if (isErrno(error, "EBUSY")) throw cgroupBusy(path, listPids(tree, path));
    throw hostFault(`remove cgroup ${path}`, error);
  }
}

/** Removes a cgroup and those above it, innermost first, until one is in use in any hierarchy. */
export async function removeUnused(tree: CgroupTree, path: string): Promise<void> {
  for (let each: string | undefined = path; each !== undefined; each = parentOf(each)) {
    const cgroup = each;
    const directories = tree.hierarchies.map(({ directory }) => join(directory, cgroup));
    // In use in one hierarchy, it is somebody's: it stays whole.
    if (!directories.every(isUnused)) return;
    const removed = await Promise.all(directories.map(removeIfEmpty));
    if (!removed.every(Boolean)) return;
  }
}

/** Names of the cgroups directly below one, in any hierarchy. */
export function listChildren(tree: CgroupTree, path: string): readonly string[] {
  const names = tree.hierarchies.flatMap(({ directory }) => childrenOf(join(directory, path)));
  return [...new Set(names)].sort();
}

/** Pids in a cgroup and below, in any hierarchy. */
export function listPids(tree: CgroupTree, path: string): readonly number[] {
  const pids = tree.hierarchies.flatMap(({ directory }) => pidsBelow(join(directory, path)));
  return [...new Set(pids)].sort((a, b) => a - b);
}

/** Does the same in each hierarchy at once; all have ended when the first failure is thrown. */
async function inEach(tree: CgroupTree, act: (directory: string) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(tree.hierarchies.map(({ directory }) => act(directory)));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Removes the cgroup of this directory and those below it. */
export async function removeBelow(directory: string, until: number): Promise<void> {
  for (const name of childrenOf(directory)) await removeBelow(join(directory, name), until);
  await removeWhenDead(directory, until);
}

/**
 * Removes one cgroup, again and again while the kernel says that it is busy.
 *
 * A process leaves its cgroup some time after its end is reported, and cgroup
 * v1 has no event for that: so this is the one place that has to ask again.
 */
async function removeWhenDead(directory: string, until: number): Promise<void> {
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    try {
      return await rmdir(directory);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return;
      if (!isErrno(error, "EBUSY") || performance.now() + pauseMs > until) throw error;
    }
    await setTimeout(pauseMs);
  }
}

async function removeIfEmpty(directory: string): Promise<boolean> {
  return rmdir(directory).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, "ENOENT")) return true;
      if (isErrno(error, "EBUSY", "ENOTEMPTY")) return false;
      throw hostFault(`remove cgroup ${directory}`, error);
    },
  );
}
