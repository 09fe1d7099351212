import { readdirSync, readFileSync, statSync } from "node:fs";
import { isMissing } from "../kept-files/kept-files.ts";
import { countProcs, parseProcs } from "./membership.ts";

// The kernel has all of this in memory: an answer takes microseconds, a tenth of what handing the question to a thread of
// the pool takes, and a pod's life has a hundred such questions.

/** A control file; empty when it is not there. */
export function readControl(path: string): string {
  return whenThere(() => readFileSync(path, "utf8"), "");
}

/** Whether there is such a cgroup. */
export function isThere(directory: string): boolean {
  return statSync(directory, { throwIfNoEntry: false }) !== undefined;
}

/** Names of the cgroups directly below one; none when it is missing. */
export function childrenOf(directory: string): readonly string[] {
  const links = statSync(directory, { throwIfNoEntry: false })?.nlink;
  // Most cgroups are leaves, and listing one takes longer than everything else here.
  if (links === undefined || links === linksOfLeaf) return [];
  const entries = whenThere(() => readdirSync(directory, { withFileTypes: true }), []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Links of a directory without directories in it: its name, and its own ".". */
const linksOfLeaf = 2;

/** Pids in the cgroup of this directory and below it; none when it is missing. */
export function pidsBelow(directory: string): readonly number[] {
  const below = childrenOf(directory).flatMap((name) => pidsBelow(`${directory}/${name}`));
  return [...procsIn(directory), ...below];
}

/** How many pids `pidsBelow` finds; quicker. */
export function countBelow(directory: string): number {
  const below = childrenOf(directory).map((name) => countBelow(`${directory}/${name}`));
  return below.reduce((sum, count) => sum + count, countProcs(readControl(`${directory}/cgroup.procs`)));
}

/** Whether a cgroup has neither processes nor cgroups below it, or is missing. */
export function isUnused(directory: string): boolean {
  return childrenOf(directory).length === 0 && procsIn(directory).length === 0;
}

function procsIn(directory: string): readonly number[] {
  return parseProcs(readControl(`${directory}/cgroup.procs`));
}

/** Which files there are depends on the kernel, and a cgroup may go at any moment. */
function whenThere<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return otherwise;
    throw error;
  }
}
