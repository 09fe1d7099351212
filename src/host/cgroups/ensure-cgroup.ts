import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { lineageOf } from "./cgroup-path.ts";
import { type CgroupHierarchy, type CgroupTree, hierarchyOf } from "./cgroup-tree.ts";
import { isThere, readControl } from "./look.ts";

/** Makes a cgroup in every hierarchy, fit to take processes; whether any part of it was new. All or nothing. */
export async function ensureCgroup(tree: CgroupTree, path: string): Promise<boolean> {
  const outcomes = await Promise.allSettled(tree.hierarchies.map((hierarchy) => makeIn(hierarchy, path)));
  const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
  try {
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await (tree.version === "v2" ? handDownControllers(tree, path) : handDownCpuset(tree, path));
  } catch (error) {
    for (const directory of made) await removeUnused(directory);
    throw hostFault(`make cgroup ${path}`, error);
  }
  return made.length > 0;
}

/** The directories that were new, innermost first. */
async function makeIn(hierarchy: CgroupHierarchy, path: string): Promise<readonly string[]> {
  const directory = join(hierarchy.directory, path);
  if (isThere(directory)) return [];
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return [];
  const made: string[] = [];
  for (let current = directory; current.length >= first.length; current = dirname(current)) made.push(current);
  return made;
}

/** cgroup v1 starts a cpuset empty and lets no process into it before it has processors and memory nodes. */
async function handDownCpuset(tree: CgroupTree, path: string): Promise<void> {
  const hierarchy = hierarchyOf(tree, "cpuset");
  if (hierarchy === undefined) return;
  for (const each of lineageOf(path)) {
    const directory = join(hierarchy.directory, each);
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (readControl(join(directory, file)).trim() !== "") continue;
      await writeControl(join(directory, file), readControl(join(dirname(directory), file)));
    }
  }
}

/** cgroup v2 gives a cgroup only the controllers that each one above it hands down. */
async function handDownControllers(tree: CgroupTree, path: string): Promise<void> {
  const root = tree.hierarchies[0]?.directory ?? "";
  for (const each of ["", ...lineageOf(path).slice(0, -1)]) {
    const directory = join(root, each);
    const controllers = (await readFile(join(directory, "cgroup.controllers"), "utf8")).split(/\s+/).filter(Boolean);
    for (const controller of controllers) await handDown(directory, controller);
  }
}

/**
 * Hands one controller down. A controller that cannot be (a real-time process
 * keeps "cpu", say) is no reason to refuse a pod that may not need it: the
 * runtime names it when a limit of it is asked for.
 */
async function handDown(directory: string, controller: string): Promise<void> {
  await writeControl(join(directory, "cgroup.subtree_control"), `+${controller}`).catch((error: unknown) => {
    if (!isErrno(error, "EBUSY", "EINVAL", "ENOENT", "EOPNOTSUPP")) throw error;
  });
}

/** Only what exists: a control file is never made by writing. */
export async function writeControl(path: string, value: string): Promise<void> {
  await writeFile(path, value, { flag: "r+" });
}

async function removeUnused(directory: string): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    if (!isErrno(error, "ENOENT", "EBUSY", "ENOTEMPTY")) throw error;
  });
}
