import { Fault } from "#foundation";
import { assertCgroupPath, lineageOf, parentOf } from "../cgroups/cgroup-path.ts";
import { cgroupBusy } from "../faults.ts";
import type { Cgroups, CgroupVersion } from "../types.ts";
import type { FakeActs } from "./fake-acts.ts";
import type { FakeProcesses } from "./fake-processes.ts";

const sigkill = 9;

/** A cgroup tree in memory. Processes are where `place` put them; those that were never placed are in "/". */
export class FakeCgroups implements Cgroups {
  readonly version: CgroupVersion;
  readonly #acts: FakeActs;
  readonly #processes: FakeProcesses;
  readonly #paths = new Set<string>();
  readonly #places = new Map<number, string>();
  readonly #memory = new Map<string, bigint>();

  constructor(version: CgroupVersion, acts: FakeActs, processes: FakeProcesses) {
    this.version = version;
    this.#acts = acts;
    this.#processes = processes;
  }

  /** Every cgroup that exists, sorted. */
  get paths(): readonly string[] {
    return [...this.#paths].sort();
  }

  /** Moves a process, as the OCI runtime does with a container's. */
  place(pid: number, path: string): void {
    for (const each of lineageOf(path)) this.#paths.add(each);
    this.#places.set(pid, path);
  }

  async ensure(path: string): Promise<boolean> {
    assertCgroupPath(path);
    await this.#acts.begin("cgroups.ensure", path);
    const isNew = !this.#paths.has(path);
    for (const each of lineageOf(path)) this.#paths.add(each);
    return isNew;
  }

  async remove(path: string): Promise<void> {
    assertCgroupPath(path);
    await this.#acts.begin("cgroups.remove", path);
    const pids = await this.pids(path);
    if (pids.length > 0) throw cgroupBusy(path, pids);
    for (const each of this.paths) if (isWithin(each, path)) this.#paths.delete(each);
  }

  async removeEmpty(path: string): Promise<void> {
    assertCgroupPath(path);
    await this.#acts.begin("cgroups.removeEmpty", path);
    for (let each: string | undefined = path; each !== undefined; each = parentOf(each)) {
      const cgroup = each;
      const hasChild = this.paths.some((other) => other !== cgroup && isWithin(other, cgroup));
      if (hasChild || (await this.pids(cgroup)).length > 0) return;
      this.#paths.delete(cgroup);
    }
  }

  async pids(path: string): Promise<readonly number[]> {
    assertCgroupPath(path);
    return [...this.#places]
      .filter(([pid, place]) => isWithin(place, path) && this.#processes.isRunning(pid))
      .map(([pid]) => pid)
      .sort((a, b) => a - b);
  }

  async kill(path: string): Promise<void> {
    assertCgroupPath(path);
    await this.#acts.begin("cgroups.kill", path);
    for (const pid of await this.pids(path)) this.#processes.signal(pid, sigkill);
  }

  async of(pid: number): Promise<string> {
    if (!this.#processes.isRunning(pid)) {
      throw new Fault("not-found", `read cgroup of process ${pid}: no such process`);
    }
    return this.#places.get(pid) ?? "/";
  }

  /** Says how much memory a cgroup uses; one that nobody spoke of uses none. */
  useMemory(path: string, bytes: bigint): void {
    this.#memory.set(path, bytes);
  }

  async memoryInUse(path: string): Promise<bigint> {
    assertCgroupPath(path);
    return this.#memory.get(path) ?? 0n;
  }

  async probe(): Promise<void> {
    await this.#acts.begin("cgroups.probe", "/");
  }
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
