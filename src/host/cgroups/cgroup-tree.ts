import type { Dirent } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../errno.ts";
import { readHugePageSizes } from "./huge-pages.ts";
import type { CgroupVersion } from "./types.ts";

/** One mounted hierarchy: all controllers on v2, some of them (or just a name) on v1. */
export interface CgroupHierarchy {
  /** Directory of its root. */
  readonly directory: string;
  readonly controllers: readonly string[];
}

/** The hierarchies of a machine. */
export interface CgroupTree {
  readonly version: CgroupVersion;
  readonly hierarchies: readonly CgroupHierarchy[];
  /** Sizes of huge pages that are accounted for: `2MB`. */
  readonly hugePageSizes: readonly string[];
}

/**
 * Looks at what is mounted below `root`.
 *
 * A machine in hybrid mode is v1: its unified hierarchy has no controllers that
 * limit anything, and is treated as one more v1 hierarchy.
 */
export async function detectCgroupTree(root: string, hugePages: string): Promise<CgroupTree> {
  const unified = await readControllers(root);
  if (unified !== undefined) {
    const hugePageSizes = unified.includes("hugetlb") ? await readHugePageSizes(hugePages) : [];
    return { version: "v2", hierarchies: [{ directory: root, controllers: [] }], hugePageSizes };
  }
  const names = (await directoriesIn(root)).map((entry) => entry.name);
  const mounted = await Promise.all(names.map((name) => exists(join(root, name, "cgroup.procs"))));
  const hierarchies = names
    .filter((_name, index) => mounted[index])
    .map((name) => ({ directory: join(root, name), controllers: name.split(",") }));
  const hasHugePages = hierarchies.some(({ controllers }) => controllers.includes("hugetlb"));
  return { version: "v1", hierarchies, hugePageSizes: hasHugePages ? await readHugePageSizes(hugePages) : [] };
}

/** Those of the unified hierarchy; undefined where there is another. */
async function readControllers(root: string): Promise<readonly string[] | undefined> {
  try {
    return (await readFile(join(root, "cgroup.controllers"), "utf8")).trim().split(" ");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** The hierarchy whose word counts when one has to be asked: that of memory, as every runtime puts processes there. */
export function referenceHierarchy(tree: CgroupTree): CgroupHierarchy | undefined {
  return hierarchyOf(tree, "memory") ?? tree.hierarchies[0];
}

/** The hierarchy that has a controller; always the one there is on v2. */
export function hierarchyOf(tree: CgroupTree, controller: string): CgroupHierarchy | undefined {
  if (tree.version === "v2") return tree.hierarchies[0];
  return tree.hierarchies.find(({ controllers }) => controllers.includes(controller));
}

/** Real directories only: on v1 "cpu" is often a symlink to "cpu,cpuacct". */
async function directoriesIn(path: string): Promise<readonly Dirent[]> {
  try {
    return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENODEV")) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
