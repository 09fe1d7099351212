import { decodeCgroupNumber } from "#spec";
import { hostFault } from "../faults.ts";
import { type KeptFiles, openForReading } from "../kept-files/kept-files.ts";
import { type CgroupTree, hierarchyOf, referenceHierarchy } from "./cgroup-tree.ts";
import type { ReadControl } from "./control.ts";
import type { DeviceNames } from "./device-names.ts";
import { countBelow } from "./look.ts";
import type { CgroupDetail, CgroupUsage } from "./statistics.ts";
import { detailOfV1, usageOfV1 } from "./statistics-v1.ts";
import { detailOfV2, usageOfV2 } from "./statistics-v2.ts";

/** See `Cgroups.usage`. */
export function readUsage(tree: CgroupTree, path: string, files: KeptFiles): CgroupUsage | undefined {
  return readNow(readerOf(tree, path, files), path, tree.version === "v2" ? usageOfV2 : usageOfV1);
}

/** See `Cgroups.detail`. */
export function readDetail(tree: CgroupTree, path: string, { files, names }: DetailSources): CgroupDetail | undefined {
  const decode = tree.version === "v2" ? detailOfV2 : detailOfV1;
  const detail = readNow(readerOf(tree, path, files), path, (read) => decode(read, tree.hugePageSizes));
  if (detail === undefined) return undefined;
  return { ...detail, devices: detail.devices.map((io) => ({ ...io, name: names.nameOf(io) })) };
}

export interface DetailSources {
  readonly files: KeptFiles;
  readonly names: DeviceNames;
}

/** A control file belongs to one controller: its name is enough to find it again. */
function readerOf(tree: CgroupTree, path: string, files: KeptFiles): ReadControl {
  const own = files.of(path);
  return (controller, file) => {
    const hierarchy = hierarchyOf(tree, controller);
    return hierarchy === undefined ? "" : own.read(file, () => openForReading(`${hierarchy.directory}${path}/${file}`));
  };
}

/**
 * See `Cgroups.processCount`.
 *
 * One thread is one process: the lists, which the kernel makes anew for each reader and sorts, are needed only where there
 * are more.
 */
export function countProcesses(tree: CgroupTree, path: string, files: KeptFiles): number {
  const threads = readNow(readerOf(tree, path, files), path, (read) =>
    decodeCgroupNumber(read("pids", "pids.current")),
  );
  if (threads === 1n) return 1;
  const hierarchy = referenceHierarchy(tree);
  if (hierarchy === undefined) return 0;
  try {
    return countBelow(hierarchy.directory + path);
  } catch (error) {
    throw hostFault(`count processes of cgroup ${path}`, error);
  }
}

function readNow<T>(read: ReadControl, path: string, decode: (read: ReadControl) => T | undefined): T | undefined {
  try {
    return decode(read);
  } catch (error) {
    throw hostFault(`read statistics of cgroup ${path}`, error);
  }
}
