import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault, KeyedLock } from "#foundation";
import { hostFault } from "../faults.ts";
import { KeptFiles } from "../kept-files/kept-files.ts";
import { makeCgroupPart } from "./cgroup-part.ts";
import { assertCgroupPath } from "./cgroup-path.ts";
import { type CgroupTree, detectCgroupTree } from "./cgroup-tree.ts";
import { ComingMoves } from "./coming-moves.ts";
import { DeviceNames } from "./device-names.ts";
import { ensureCgroup } from "./ensure-cgroup.ts";
import { killCgroup } from "./kill-cgroup.ts";
import { limitCgroup } from "./limit-cgroup.ts";
import { type CgroupMembership, parseMemberships } from "./membership.ts";
import { countProcesses, readDetail, readUsage } from "./read-statistics.ts";
import { listChildren, listPids, removeCgroup, removeUnused } from "./remove-cgroup.ts";
import type { CgroupDetail, CgroupUsage } from "./statistics.ts";
import type { CgroupLimits, CgroupPart, Cgroups, CgroupVersion } from "./types.ts";

export interface LinuxCgroupsOptions {
  /** Where the hierarchies are mounted. */
  readonly root: string;
  /** Where the kernel tells of devices and huge pages. @default /sys */
  readonly sysfs?: string;
  /** How long `remove` waits for processes that die. @default 2000 */
  readonly removeBudgetMs?: number;
}

/** Opens the cgroup tree, or the trees of v1, below a directory. */
export async function openLinuxCgroups(options: LinuxCgroupsOptions): Promise<Cgroups> {
  const sysfs = options.sysfs ?? "/sys";
  const tree = await detectCgroupTree(options.root, join(sysfs, "kernel/mm/hugepages"));
  const deviceNames = new DeviceNames(join(sysfs, "dev/block"));
  return new LinuxCgroups(tree, deviceNames, options.removeBudgetMs ?? 2_000);
}

class LinuxCgroups implements Cgroups {
  readonly #tree: CgroupTree;
  readonly #removeBudgetMs: number;
  readonly #deviceNames: DeviceNames;
  readonly #comingMoves: ComingMoves;
  readonly #files = new KeptFiles();
  /** Whoever removes the last pod under a parent takes the parent too, which may be the moment of the next pod's. */
  readonly #shapes = new KeyedLock();

  constructor(tree: CgroupTree, deviceNames: DeviceNames, removeBudgetMs: number) {
    this.#tree = tree;
    this.#deviceNames = deviceNames;
    this.#comingMoves = new ComingMoves(tree);
    this.#removeBudgetMs = removeBudgetMs;
  }

  get version(): CgroupVersion {
    return this.#tree.version;
  }

  async ensure(path: string): Promise<boolean> {
    assertCgroupPath(path);
    return await this.#shapes.run(topOf(path), () => ensureCgroup(this.#tree, path));
  }

  async remove(path: string): Promise<void> {
    assertCgroupPath(path);
    await removeCgroup(this.#tree, path, this.#removeBudgetMs);
  }

  async removeEmpty(path: string): Promise<void> {
    assertCgroupPath(path);
    await this.#shapes.run(topOf(path), () => removeUnused(this.#tree, path));
  }

  async children(path: string): Promise<readonly string[]> {
    assertCgroupPath(path);
    return listChildren(this.#tree, path);
  }

  async pids(path: string): Promise<readonly number[]> {
    assertCgroupPath(path);
    return listPids(this.#tree, path);
  }

  async kill(path: string): Promise<void> {
    assertCgroupPath(path);
    await killCgroup(this.#tree, path);
  }

  async limit(path: string, limits: CgroupLimits): Promise<void> {
    assertCgroupPath(path);
    await limitCgroup(this.#tree, path, limits);
  }

  async part(path: string, name: string): Promise<CgroupPart | undefined> {
    assertCgroupPath(`${path}/${name}`);
    return makeCgroupPart(this.#tree, path, { name, dissolveBudgetMs: this.#removeBudgetMs });
  }

  expectMoves(): Promise<void> {
    return this.#comingMoves.expect();
  }

  readAhead(paths: Iterable<string>): Disposable {
    return this.#files.readAhead(paths);
  }

  usage(path: string): CgroupUsage | undefined {
    assertCgroupPath(path);
    return readUsage(this.#tree, path, this.#files);
  }

  detail(path: string): CgroupDetail | undefined {
    assertCgroupPath(path);
    return readDetail(this.#tree, path, { files: this.#files, names: this.#deviceNames });
  }

  processCount(path: string): number {
    assertCgroupPath(path);
    return countProcesses(this.#tree, path, this.#files);
  }

  async of(pid: number): Promise<string> {
    try {
      const memberships = parseMemberships(await readFile(`/proc/${pid}/cgroup`, "utf8"));
      return membershipFor(this.#tree, memberships)?.path ?? "/";
    } catch (error) {
      throw hostFault(`read cgroup of process ${pid}`, error);
    }
  }

  async probe(): Promise<void> {
    const path = `/crisp-probe-${process.pid}-${randomBytes(4).toString("hex")}`;
    try {
      if (this.#tree.hierarchies.length === 0) throw new Fault("not-found", "no hierarchy is mounted");
      await this.ensure(path);
      await this.remove(path);
    } catch (error) {
      const { message } = Fault.from(error);
      throw new Fault("unavailable", `probe cgroups: ${message}`, {
        reason: { code: "host.cgroups-unusable" },
        cause: error,
      });
    }
  }
}

function membershipFor(tree: CgroupTree, memberships: readonly CgroupMembership[]): CgroupMembership | undefined {
  const unified = memberships.find(({ hierarchy }) => hierarchy === 0);
  if (tree.version === "v2") return unified;
  return memberships.find(({ controllers }) => controllers.includes("memory")) ?? memberships[0];
}

/** The outermost cgroup of a path: those below another one share no directory with it. */
function topOf(path: string): string {
  return path.split("/")[1] ?? "";
}
