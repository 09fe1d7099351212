import type { OciResources } from "#spec";
import type { CgroupDetail, CgroupUsage } from "./statistics.ts";

/** Limits that can change while processes run. */
export type CgroupLimits = Pick<OciResources, "memory" | "cpu" | "hugepageLimits" | "unified">;

export type CgroupVersion = "v1" | "v2";

/** The cgroup tree(s) of the machine. Paths begin with "/" and are relative to the tree's root. */
export interface Cgroups {
  /** "v2" only when the unified hierarchy holds the resource controllers; hybrid is "v1". */
  readonly version: CgroupVersion;
  /** Makes a cgroup in every hierarchy; returns whether any part of it was new. */
  ensure(path: string): Promise<boolean>;
  /** Removes a cgroup and its children from every hierarchy. Missing is success. @throws Fault `busy` while processes are in it */
  remove(path: string): Promise<void>;
  /** Removes the cgroup and then its parents, up to the root, as far as nobody uses them: what has processes or children stays. */
  removeEmpty(path: string): Promise<void>;
  /** Names of the cgroups directly below it, over all hierarchies, sorted; none when it is not there. */
  children(path: string): Promise<readonly string[]>;
  /** Pids in it and below. */
  pids(path: string): Promise<readonly number[]>;
  /** Kills all in it and below: cgroup.kill on v2, freeze + SIGKILL + thaw on v1. */
  kill(path: string): Promise<void>;
  /** Gives it other limits, as a runtime's update would; those that are not named stay. @throws Fault `not-found` */
  limit(path: string, limits: CgroupLimits): Promise<void>;
  /** Makes a part of it, of a name that no other has; undefined where the machine or the cgroup can have none. */
  part(path: string, name: string): Promise<CgroupPart | undefined>;
  /**
   * Makes the kernel ready to move processes between cgroups, which takes it about 10 ms, and again only after a pause
   * of about as long: who starts a program that will be moved need not wait for that after the program.
   *
   * Changes nothing else. Several callers at once are one. @throws Fault what the kernel says; moves only take longer then
   */
  expectMoves(): Promise<void>;
  /**
   * What it and those below have used; undefined when it is not there.
   *
   * Does not leave the turn of the event loop: its files are the kernel's memory, and reading them in the pool would
   * take ten times as long. About 60 µs.
   */
  usage(path: string): CgroupUsage | undefined;
  /**
   * Reads by a second thread what is soon asked for of these, in this order, by `usage`, `detail` and `processCount`: they
   * take half the time then. What they tell is at most a tenth of a second old, until the result is disposed of.
   *
   * @throws Fault `broken` when that thread has died; everything is read without it
   */
  readAhead(paths: Iterable<string>): Disposable;
  /** What `usage` leaves out; about twice as long. Undefined when it is not there. */
  detail(path: string): CgroupDetail | undefined;
  /** Processes in it and below; as quick as `usage`. 0 when it is not there. */
  processCount(path: string): number;
  /** The cgroup a process is in (memory hierarchy on v1). */
  of(pid: number): Promise<string>;
  /** Whether a cgroup can be made and removed here: a real probe. @throws Fault `unavailable` with what failed */
  probe(): Promise<void>;
}

/**
 * Some processes of a cgroup, told apart from the others wherever they go: a session, a parent, a process group can be
 * left, a cgroup cannot. It limits and counts nothing: that is the whole's.
 */
export interface CgroupPart {
  /** What an OCI runtime calls it, for a process that it puts there: a path below the whole, on v1 after its controller. */
  readonly selector: string;
  /** Kills all in it, as `Cgroups.kill` does. */
  kill(): Promise<void>;
  /** Takes it away; processes that are in it go on in the whole. Missing is success. @throws Fault `busy` */
  dissolve(): Promise<void>;
}
