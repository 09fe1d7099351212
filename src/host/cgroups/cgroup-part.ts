import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../errno.ts";
import { cgroupBusy, hostFault } from "../faults.ts";
import { type CgroupHierarchy, type CgroupTree, hierarchyOf } from "./cgroup-tree.ts";
import { writeControl } from "./ensure-cgroup.ts";
import { killCgroup } from "./kill-cgroup.ts";
import { pidsBelow } from "./look.ts";
import { removeBelow } from "./remove-cgroup.ts";
import type { CgroupPart } from "./types.ts";

export interface PartOptions {
  readonly name: string;
  /** How long `dissolve` waits for processes that die. */
  readonly dissolveBudgetMs: number;
}

/**
 * Makes a part of a cgroup; undefined where none can be.
 *
 * On v1 it is in the freezer's hierarchy alone: that one counts nothing, and the limits of all others do not even see it.
 */
export async function makeCgroupPart(
  tree: CgroupTree,
  path: string,
  options: PartOptions,
): Promise<CgroupPart | undefined> {
  const hierarchy = hierarchyOf(tree, "freezer");
  if (hierarchy === undefined) return undefined;
  try {
    await mkdir(join(hierarchy.directory, path, options.name));
  } catch (error) {
    // The cgroup was taken away, or never was in this hierarchy.
    if (isErrno(error, "ENOENT", "ENODEV")) return undefined;
    throw hostFault(`make part ${options.name} of cgroup ${path}`, error);
  }
  return new LinuxCgroupPart(tree, { ...options, path, hierarchy });
}

interface Place extends PartOptions {
  /** Of the whole. */
  readonly path: string;
  readonly hierarchy: CgroupHierarchy;
}

class LinuxCgroupPart implements CgroupPart {
  readonly selector: string;
  readonly #tree: CgroupTree;
  readonly #place: Place;
  readonly #whole: string;
  readonly #directory: string;

  constructor(tree: CgroupTree, place: Place) {
    this.#tree = tree;
    this.#place = place;
    this.selector = tree.version === "v1" ? `freezer:${place.name}` : place.name;
    this.#whole = join(place.hierarchy.directory, place.path);
    this.#directory = join(this.#whole, place.name);
  }

  async kill(): Promise<void> {
    await killCgroup(this.#tree, join(this.#place.path, this.#place.name));
  }

  async dissolve(): Promise<void> {
    const { name, path, dissolveBudgetMs } = this.#place;
    const until = performance.now() + dissolveBudgetMs;
    try {
      while (!(await this.#isRemoved(until))) {
        for (const pid of pidsBelow(this.#directory)) await move(pid, this.#whole);
      }
    } catch (error) {
      if (isErrno(error, "EBUSY")) throw cgroupBusy(join(path, name), pidsBelow(this.#directory));
      throw hostFault(`dissolve part ${name} of cgroup ${path}`, error);
    }
  }

  /** False when processes are in it that can be moved; those that die leave it by themselves. */
  async #isRemoved(until: number): Promise<boolean> {
    try {
      await rmdir(this.#directory);
      return true;
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENODEV")) return true;
      if (!isErrno(error, "EBUSY", "ENOTEMPTY")) throw error;
    }
    const isEmpty = pidsBelow(this.#directory).length === 0;
    if (isEmpty || performance.now() > until) await removeBelow(this.#directory, until);
    return isEmpty;
  }
}

/** A process that has ended meanwhile needs no other place, nor does one whose cgroup has gone with its container. */
async function move(pid: number, directory: string): Promise<void> {
  await writeControl(join(directory, "cgroup.procs"), String(pid)).catch((error: unknown) => {
    if (!isErrno(error, "ESRCH", "ENOENT", "ENODEV")) throw error;
  });
}
