import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { type CgroupTree, hierarchyOf, referenceHierarchy } from "./cgroup-tree.ts";
import type { ReadControl } from "./control.ts";
import { parseProcs } from "./membership.ts";
import type { CgroupDetail, CgroupUsage } from "./statistics.ts";
import { detailOfV1, usageOfV1 } from "./statistics-v1.ts";
import { detailOfV2, usageOfV2 } from "./statistics-v2.ts";

/** See `Cgroups.usage`. */
export function readUsage(tree: CgroupTree, path: string): CgroupUsage | undefined {
  return readNow(tree, path, tree.version === "v2" ? usageOfV2 : usageOfV1);
}

/** See `Cgroups.detail`. */
export function readDetail(tree: CgroupTree, path: string): CgroupDetail | undefined {
  return readNow(tree, path, tree.version === "v2" ? detailOfV2 : detailOfV1);
}

/** See `Cgroups.processCount`. */
export function countProcesses(tree: CgroupTree, path: string): number {
  const hierarchy = referenceHierarchy(tree);
  if (hierarchy === undefined) return 0;
  try {
    return countBelow(join(hierarchy.directory, path));
  } catch (error) {
    throw hostFault(`count processes of cgroup ${path}`, error);
  }
}

function countBelow(directory: string): number {
  const names = whenThere(() => readdirSync(directory, { withFileTypes: true }), []);
  const below = names.filter((entry) => entry.isDirectory()).map(({ name }) => countBelow(join(directory, name)));
  const own = parseProcs(readControl(join(directory, "cgroup.procs"))).length;
  return below.reduce((sum, count) => sum + count, own);
}

function readNow<T>(tree: CgroupTree, path: string, decode: (read: ReadControl) => T | undefined): T | undefined {
  try {
    return decode((controller, file) => {
      const hierarchy = hierarchyOf(tree, controller);
      return hierarchy === undefined ? "" : readControl(join(hierarchy.directory, path, file));
    });
  } catch (error) {
    throw hostFault(`read statistics of cgroup ${path}`, error);
  }
}

/** Empty when it is not there. */
function readControl(path: string): string {
  return whenThere(() => readFileSync(path, "utf8"), "");
}

/** Which files there are depends on the kernel, and a cgroup may go at any moment. */
function whenThere<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    // EOPNOTSUPP: a pressure file of a kernel that has it switched off.
    if (isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP")) return otherwise;
    throw error;
  }
}
