import { Fault } from "#foundation";
import { assertCgroupPath, lineageOf, parentOf } from "../cgroups/cgroup-path.ts";
import type { CgroupDetail, CgroupUsage } from "../cgroups/statistics.ts";
import type { CgroupLimits, CgroupPart, Cgroups, CgroupVersion } from "../cgroups/types.ts";
import { cgroupBusy } from "../faults.ts";
import type { FakeActs } from "./fake-acts.ts";
import type { FakeProcesses } from "./fake-processes.ts";

const sigkill = 9;

/** A cgroup tree in memory. Processes are where `place` put them; those that were never placed are in "/". */
export class FakeCgroups implements Cgroups {
  readonly version: CgroupVersion;
  /** What each cgroup was limited to last. */
  readonly limits: Map<string, CgroupLimits> = new Map();
  readonly #acts: FakeActs;
  readonly #processes: FakeProcesses;
  readonly #paths = new Set<string>();
  readonly #places = new Map<number, string>();
  readonly #usages = new Map<string, CgroupUsage>();

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

  /** Says what a cgroup has used; before, it has used nothing. */
  use(path: string, usage: CgroupUsage): void {
    this.#usages.set(path, usage);
  }

  usage(path: string): CgroupUsage | undefined {
    assertCgroupPath(path);
    return this.#paths.has(path) ? (this.#usages.get(path) ?? noUsage) : undefined;
  }

  detail(path: string): CgroupDetail | undefined {
    assertCgroupPath(path);
    return this.#paths.has(path) ? noDetail : undefined;
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

  async children(path: string): Promise<readonly string[]> {
    assertCgroupPath(path);
    return this.paths.filter((each) => parentOf(each) === path).map((each) => each.slice(path.length + 1));
  }

  processCount(path: string): number {
    return this.#pidsIn(path).length;
  }

  async pids(path: string): Promise<readonly number[]> {
    return this.#pidsIn(path);
  }

  #pidsIn(path: string): readonly number[] {
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

  async limit(path: string, limits: CgroupLimits): Promise<void> {
    assertCgroupPath(path);
    await this.#acts.begin("cgroups.limit", path);
    if (!this.#paths.has(path)) throw new Fault("not-found", `limit cgroup ${path}: no such file or directory`);
    this.limits.set(path, limits);
  }

  async part(path: string, name: string): Promise<CgroupPart | undefined> {
    const place = `${path}/${name}`;
    assertCgroupPath(place);
    await this.#acts.begin("cgroups.part", place);
    if (!this.#paths.has(path)) return undefined;
    this.#paths.add(place);
    return {
      selector: name,
      kill: () => this.kill(place),
      dissolve: async () => {
        await this.#acts.begin("cgroups.dissolve", place);
        for (const pid of this.#pidsIn(place)) this.#places.set(pid, path);
        this.#paths.delete(place);
      },
    };
  }

  async expectMoves(): Promise<void> {
    await this.#acts.begin("cgroups.expectMoves", "/");
  }

  /** Here, nothing takes time. */
  readAhead(_paths: Iterable<string>): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  async of(pid: number): Promise<string> {
    if (!this.#processes.isRunning(pid)) {
      throw new Fault("not-found", `read cgroup of process ${pid}: no such process`);
    }
    return this.#places.get(pid) ?? "/";
  }

  /** Makes a cgroup that uses this much memory. */
  useMemory(path: string, workingSetBytes: bigint): void {
    for (const each of lineageOf(path)) this.#paths.add(each);
    const usage = this.#usages.get(path) ?? noUsage;
    this.#usages.set(path, { ...usage, memory: { ...usage.memory, workingSetBytes } });
  }

  async probe(): Promise<void> {
    await this.#acts.begin("cgroups.probe", "/");
  }
}

const noUsage: CgroupUsage = {
  cpu: { usageNanos: 0n, pressure: undefined },
  memory: {
    usageBytes: 0n,
    workingSetBytes: 0n,
    rssBytes: 0n,
    cacheBytes: 0n,
    mappedFileBytes: 0n,
    activeFileBytes: 0n,
    inactiveFileBytes: 0n,
    pageFaults: 0n,
    majorPageFaults: 0n,
    reclaim: {
      dirtyBytes: undefined,
      writebackBytes: undefined,
      scannedPages: undefined,
      stolenPages: undefined,
      refaultedAnon: undefined,
      refaultedFile: undefined,
    },
    limitBytes: undefined,
    pressure: undefined,
  },
  swap: undefined,
  io: { pressure: undefined },
};

const noDetail: CgroupDetail = {
  cpu: {
    userNanos: 0n,
    systemNanos: 0n,
    periods: 0n,
    throttledPeriods: 0n,
    throttledNanos: 0n,
    bursts: 0n,
    burstNanos: 0n,
    periodMicros: 0n,
    quotaMicros: undefined,
    shares: 0n,
  },
  memory: {
    maxUsageBytes: 0n,
    kernelBytes: 0n,
    failures: 0n,
    oomKills: 0n,
    highEvents: undefined,
    maxEvents: undefined,
    softLimitBytes: undefined,
  },
  devices: [],
  hugePages: [],
  tasks: { current: 0n, limit: undefined },
};

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
