/** SAFETY: kills every process of a cgroup; never the root's, never ourselves. */
import { join } from "node:path";
import { Fault } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { type CgroupHierarchy, type CgroupTree, hierarchyOf, referenceHierarchy } from "./cgroup-tree.ts";
import { writeControl } from "./ensure-cgroup.ts";
import { pidsBelow } from "./look.ts";

const sigkill = 9;
/** More than a tree of processes forks while it is frozen; a loop without end helps nobody. */
const mostPasses = 64;

/** Kills everything in a cgroup and below it. The processes may still be dying when this returns. */
export async function killCgroup(tree: CgroupTree, path: string): Promise<void> {
  const hierarchy =
    tree.version === "v1" ? (hierarchyOf(tree, "freezer") ?? referenceHierarchy(tree)) : tree.hierarchies[0];
  if (hierarchy === undefined) return;
  const directory = join(hierarchy.directory, path);
  assertNotOurs(path, pidsBelow(directory));
  try {
    if (tree.version === "v2" && (await hasWritten(join(directory, "cgroup.kill"), "1"))) return;
    await killFrozen(directory, freezerOf(tree, hierarchy));
  } catch (error) {
    throw hostFault(`kill cgroup ${path}`, error);
  }
}

/** The file that stops a cgroup, and what is written to it. */
interface Freezer {
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
}

function freezerOf(tree: CgroupTree, hierarchy: CgroupHierarchy): Freezer | undefined {
  if (tree.version === "v2") return { file: "cgroup.freeze", frozen: "1", thawed: "0" };
  return hierarchy.controllers.includes("freezer")
    ? { file: "freezer.state", frozen: "FROZEN", thawed: "THAWED" }
    : undefined;
}

/** Freezes first, so that nothing forks faster than it is killed; a frozen process dies when it is thawed. */
async function killFrozen(directory: string, freezer: Freezer | undefined): Promise<void> {
  if (freezer === undefined) return killAll(directory);
  const file = join(directory, freezer.file);
  const isFrozen = await hasWritten(file, freezer.frozen);
  try {
    killAll(directory);
  } finally {
    if (isFrozen) await hasWritten(file, freezer.thawed);
  }
}

/** Signals all, then those that came since, until a look shows nobody new. */
function killAll(directory: string): void {
  const killed = new Set<number>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const others = pidsBelow(directory).filter((pid) => !killed.has(pid));
    if (others.length === 0) return;
    for (const pid of others) {
      killed.add(pid);
      kill(pid);
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, sigkill);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

/** Whether the control file exists and took the value. */
async function hasWritten(file: string, value: string): Promise<boolean> {
  return writeControl(file, value).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, "ENOENT", "ENODEV")) return false;
      throw error;
    },
  );
}

function assertNotOurs(path: string, pids: readonly number[]): void {
  if (!pids.includes(process.pid)) return;
  throw new Fault("invalid", `kill cgroup ${path}: the daemon itself is in it`, {
    reason: { code: "host.own-cgroup", path },
  });
}
