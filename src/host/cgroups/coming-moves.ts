/** SAFETY: writes this process into a cgroup; only ever into the one that it is in. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hostFault } from "../faults.ts";
import type { CgroupTree } from "./cgroup-tree.ts";
import { writeControl } from "./ensure-cgroup.ts";
import { parseMemberships } from "./membership.ts";

/**
 * Makes the kernel ready for moves between cgroups.
 *
 * A move locks out forks, with a lock that costs forks nothing as long as nobody moves: the first who moves pays, with
 * the wait for an RCU grace period. The lock then stays as it is for about as long again. So this process moves to where
 * it already is, while the one that is to be moved is still being started.
 *
 * @see https://github.com/torvalds/linux/blob/v6.12/kernel/rcu/sync.c
 */
export class ComingMoves {
  readonly #tree: CgroupTree;
  #inFlight: Promise<void> | undefined;

  constructor(tree: CgroupTree) {
    this.#tree = tree;
  }

  /** Resolves when moves are quick; whoever asks meanwhile waits for the same. @throws Fault what the kernel says */
  expect(): Promise<void> {
    this.#inFlight ??= this.#moveInPlace().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #moveInPlace(): Promise<void> {
    try {
      // Read each time: somebody may have put this process elsewhere, where it is to stay. And not at once: the kernel
      // shows it only while nobody moves.
      const directory = ownDirectory(this.#tree, await readFile("/proc/self/cgroup", "utf8"));
      if (directory !== undefined) await writeControl(join(directory, "cgroup.procs"), String(process.pid));
    } catch (error) {
      throw hostFault("expect moves between cgroups", error);
    }
  }
}

/** Where this process is in some hierarchy: which one does not matter, the lock is one for all. */
export function ownDirectory({ version, hierarchies }: CgroupTree, memberships: string): string | undefined {
  for (const { hierarchy, controllers, path } of parseMemberships(memberships)) {
    const place = hierarchies.find((each) =>
      version === "v2" ? hierarchy === 0 : controllers.length > 0 && sameControllers(each.controllers, controllers),
    );
    if (place !== undefined) return join(place.directory, path);
  }
  return undefined;
}

function sameControllers(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((controller) => other.includes(controller));
}
