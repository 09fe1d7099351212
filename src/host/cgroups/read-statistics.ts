import { readdirSync, readFileSync, statSync } from "node:fs";
import { decodeCgroupNumber } from "#spec";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { type KeptFiles, openForReading } from "../kept-files.ts";
import { type CgroupTree, hierarchyOf, referenceHierarchy } from "./cgroup-tree.ts";
import type { ReadControl } from "./control.ts";
import type { DeviceNames } from "./device-names.ts";
import { countProcs } from "./membership.ts";
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

/** Links of a directory without directories in it: its name, and its own ".". */
const linksOfLeaf = 2;

function countBelow(directory: string): number {
  const links = statSync(directory, { throwIfNoEntry: false })?.nlink;
  if (links === undefined) return 0;
  // Most cgroups are leaves, and listing one takes longer than everything else here.
  const names = links === linksOfLeaf ? [] : whenThere(() => readdirSync(directory, { withFileTypes: true }), []);
  const below = names.filter((entry) => entry.isDirectory()).map(({ name }) => countBelow(`${directory}/${name}`));
  const own = countProcs(readControl(`${directory}/cgroup.procs`));
  return below.reduce((sum, count) => sum + count, own);
}

function readNow<T>(read: ReadControl, path: string, decode: (read: ReadControl) => T | undefined): T | undefined {
  try {
    return decode(read);
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
