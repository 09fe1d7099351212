import { setImmediate } from "node:timers/promises";
import { isFault } from "#foundation";
import type { CgroupDetail, CgroupUsage } from "#host";
import type { ToldDetail } from "#runtime";
import { noResources } from "#spec";
import type { PodContext } from "../context.ts";
import type { ContainerFilter, ListFilter } from "../engine.ts";
import { containerMatcher, sandboxMatcher } from "../filter.ts";
import { containersBySandbox, getContainer, getSandbox } from "../find.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { CpuRates } from "./cpu-rates.ts";
import type { LayerUsages } from "./layer-usages.ts";
import { sumCensuses } from "./sum-censuses.ts";
import { sumUsages } from "./sum-usages.ts";
import type { TaskCensuses } from "./task-censuses.ts";
import { askContainer, askSandbox } from "./told-statistics.ts";
import type {
  ContainerDetail,
  ContainerStats,
  NetworkSample,
  SandboxContainerStats,
  SandboxDetail,
  SandboxStats,
  UsageSample,
} from "./types.ts";

/** Objects that are read in one turn of the event loop: about a millisecond. */
const batchSize = 16;
/** The same of pods in detail. */
const detailedAtOnce = 4;
/** The interface that CNI plugins make, by the name that every runtime gives it. */
const podInterface = "eth0";
const loopback = "lo";

/** What is not read when it is asked for. */
export interface SamplerSources {
  readonly layers: LayerUsages;
  readonly censuses: TaskCensuses;
  /** A directory on the file system of the containers' writable layers, and what that is on. */
  readonly mountpoint: string;
  readonly device: string;
}

/** Reads what containers and pods have used, when it is asked for. */
export class Sampler {
  readonly #context: PodContext;
  readonly #sources: SamplerSources;
  readonly #rates = new CpuRates();

  constructor(context: PodContext, sources: SamplerSources) {
    this.#context = context;
    this.#sources = sources;
  }

  /** Works for a container that does not run, too: it has written something. @throws Fault `not-found` */
  async container(id: string): Promise<ContainerStats> {
    return await this.#sampleContainer(getContainer(this.#context, id));
  }

  /** Those that run: of the others there is nothing that changes. */
  async listContainers(filter: Omit<ContainerFilter, "state">): Promise<readonly ContainerStats[]> {
    const { containers, views } = this.#context;
    const matches = containerMatcher(filter);
    const records = containers
      .list()
      .filter((record) => record.status.phase === "running" && matches(views.container(record)));
    return await Promise.all(await inBatches(records, (record) => this.#sampleContainer(record)));
  }

  /** @throws Fault `not-found` */
  sandbox(id: string): Promise<SandboxStats> {
    const record = getSandbox(this.#context, id);
    return this.#sampleSandbox(record, this.#neighbourhood());
  }

  /** Those that are ready: the others have ended. */
  async listSandboxes(filter: Omit<ListFilter<never>, "state">): Promise<readonly SandboxStats[]> {
    const neighbourhood = this.#neighbourhood();
    const sampled = await inBatches(this.#readySandboxes(filter), (record) =>
      this.#sampleSandbox(record, neighbourhood),
    );
    return await Promise.all(sampled);
  }

  /** All there is to know of the pods that are ready, for metrics: what was read of one is dropped before the next. */
  async *details(): AsyncGenerator<SandboxDetail> {
    const { mountpoint, device } = this.#sources;
    const disk = { ...(await this.#context.host.files.filesystemUsage(mountpoint)), device };
    const neighbourhood = this.#neighbourhood();
    const records = this.#readySandboxes({});
    using _ahead = this.#readAhead(records.flatMap((record) => cgroupsOf(record, neighbourhood)));
    for (const [index, record] of records.entries()) {
      if (index > 0 && index % detailedAtOnce === 0) await setImmediate();
      const stats = await this.#sampleSandbox(record, neighbourhood);
      const containers = stats.containers.flatMap((container) => this.#detailOf(container));
      const { cgroupParent: cgroupPath } = record;
      // What is not in the pod's cgroup, or not the pod's alone, is not told of as the pod's.
      const isElsewhere = stats.containers.some(({ told }) => told !== undefined);
      const isOwn = !isElsewhere && !neighbourhood.sharedCgroups.has(cgroupPath);
      const detail = isOwn ? this.#context.host.cgroups.detail(cgroupPath) : undefined;
      yield {
        stats,
        cgroupPath,
        detail,
        census: sumCensuses(containers.map(({ census }) => census)),
        containers,
        disk,
      };
    }
  }

  #readAhead(cgroups: readonly string[]): Disposable | undefined {
    try {
      return this.#context.host.cgroups.readAhead(new Set(cgroups));
    } catch (error) {
      this.#context.logger.warn("statistics of cgroups are read without a second thread", { error });
      return undefined;
    }
  }

  #readySandboxes(filter: Omit<ListFilter<never>, "state">): readonly SandboxRecord[] {
    const { sandboxes, views } = this.#context;
    const matches = sandboxMatcher(filter);
    return sandboxes.list().filter((record) => record.status.phase === "ready" && matches(views.sandbox(record)));
  }

  /** Nothing when it has ended meanwhile. */
  #detailOf(stats: SandboxContainerStats): readonly ContainerDetail[] {
    const { cgroups } = this.#context.host;
    const record = this.#context.containers.find(stats.container.id);
    const { sample } = stats;
    return (record === undefined ? [] : cgroupOf(record)).flatMap((cgroupPath) => {
      if (record === undefined || sample === undefined) return [];
      // Of processes that are not this machine's, nothing more can be seen.
      if (stats.told !== undefined) {
        return [{ ...stats, sample, cgroupPath, detail: withLimits(stats.told, record), census: undefined }];
      }
      const detail = cgroups.detail(cgroupPath);
      if (detail === undefined) return [];
      return [{ ...stats, sample, cgroupPath, detail, census: this.#sources.censuses.find(stats.container.id) }];
    });
  }

  /** Forgets a container or sandbox that was removed. */
  forget(id: string): void {
    this.#rates.forget(id);
    this.#sources.layers.forget(id);
    this.#sources.censuses.forget(id);
  }

  async #sampleContainer(record: ContainerRecord): Promise<SandboxContainerStats> {
    const { cgroups } = this.#context.host;
    const [path] = cgroupOf(record);
    const counted = path === undefined ? undefined : cgroups.usage(path);
    const told = counted === undefined ? await askContainer(this.#context, record) : undefined;
    const usage = counted ?? told?.usage;
    return {
      container: this.#context.views.container(record),
      sample: usage === undefined ? undefined : this.#sampleOf(record.id, usage),
      writableLayer: this.#sources.layers.find(record.id),
      processCount: told?.processCount ?? (path === undefined ? 0 : cgroups.processCount(path)),
      told: told?.detail,
    };
  }

  async #sampleSandbox(record: SandboxRecord, { containersOf, sharedCgroups }: Neighbourhood): Promise<SandboxStats> {
    const { cgroups } = this.#context.host;
    const running = containersOf(record.id).filter((container) => cgroupOf(container).length > 0);
    const containers = await Promise.all(running.map((container) => this.#sampleContainer(container)));
    const pause = record.status.phase === "ready" ? record.status.pause?.cgroupPath : undefined;
    const pauseCount = pause === undefined ? 0 : cgroups.processCount(pause);
    const whole = (await askSandbox(this.#context, record))?.usage ?? this.#wholeOf(record, containers, sharedCgroups);
    const parts = (): readonly CgroupUsage[] =>
      [...containers.map(({ sample }) => sample?.usage), pause === undefined ? undefined : cgroups.usage(pause)].filter(
        (usage) => usage !== undefined,
      );
    return {
      sandbox: this.#context.views.sandbox(record),
      sample: this.#sampleOf(record.id, whole ?? sumUsages(parts())),
      processCount: containers.reduce((sum, { processCount }) => sum + processCount, pauseCount),
      containers,
      network: await this.#sampleNetwork(record),
    };
  }

  /** What the pod's cgroup has used; undefined when that is not the pod's usage. */
  #wholeOf(
    { cgroupParent }: SandboxRecord,
    containers: readonly SandboxContainerStats[],
    sharedCgroups: ReadonlySet<string>,
  ): CgroupUsage | undefined {
    const { cgroups } = this.#context.host;
    if (sharedCgroups.has(cgroupParent)) return undefined;
    // A machine that is somewhere else: zeros would look like the truth.
    const isElsewhere = containers.some(({ told }) => told !== undefined) && cgroups.processCount(cgroupParent) === 0;
    return isElsewhere ? undefined : cgroups.usage(cgroupParent);
  }

  #sampleOf(id: string, usage: UsageSample["usage"]): UsageSample {
    const takenAtNanos = this.#context.clock.nowNanos();
    const reading = { atNanos: takenAtNanos, usageNanos: usage.cpu.usageNanos };
    return { takenAtNanos, usage, nanoCores: this.#rates.add(id, reading) };
  }

  async #sampleNetwork(record: SandboxRecord): Promise<NetworkSample | undefined> {
    const { host, paths, clock } = this.#context;
    if (record.config.security.namespaces.network !== "pod") return undefined;
    try {
      const counters = await host.namespaces.networkCounters(paths.sandbox(record.id).netns);
      const interfaces = counters
        .filter(({ name }) => name !== loopback)
        .toSorted((a, b) => Number(b.name === podInterface) - Number(a.name === podInterface));
      return { takenAtNanos: clock.nowNanos(), interfaces };
    } catch (error) {
      // Stopped meanwhile.
      if (isFault(error, "not-found")) return undefined;
      throw error;
    }
  }

  #neighbourhood(): Neighbourhood {
    return { containersOf: containersBySandbox(this.#context), sharedCgroups: this.#sharedCgroups() };
  }

  /** kubelet gives each pod a cgroup of its own; others may put several into one, whose usage is then nobody's. */
  #sharedCgroups(): ReadonlySet<string> {
    const seen = new Set<string>();
    const shared = new Set([this.#context.options.cgroupParent]);
    for (const { cgroupParent, status } of this.#context.sandboxes.list()) {
      // It uses nothing any more, and a new attempt of its pod is in the same cgroup.
      if (status.phase === "stopped") continue;
      if (seen.has(cgroupParent)) shared.add(cgroupParent);
      seen.add(cgroupParent);
    }
    return shared;
  }
}

/** What reading one pod needs to know of all. */
interface Neighbourhood {
  readonly containersOf: (sandboxId: string) => readonly ContainerRecord[];
  readonly sharedCgroups: ReadonlySet<string>;
}

/** The cgroup of a container's processes; none when it does not run. */
function cgroupOf({ status }: ContainerRecord): readonly string[] {
  return status.phase === "running" ? [status.process.cgroupPath] : [];
}

/** Where what a pod uses is counted, in the order of asking. */
function cgroupsOf(record: SandboxRecord, { containersOf }: Neighbourhood): readonly string[] {
  const { status, cgroupParent } = record;
  const pause = status.phase === "ready" ? status.pause?.cgroupPath : undefined;
  return [...containersOf(record.id).flatMap(cgroupOf), ...(pause === undefined ? [] : [pause]), cgroupParent];
}

/** What a runtime has told, with the limits that were asked for: those it does not tell. */
function withLimits(told: ToldDetail, { config }: ContainerRecord): CgroupDetail {
  const { cpuPeriod, cpuQuota, cpuShares } = config.resources ?? noResources;
  const limits = {
    periodMicros: BigInt(cpuPeriod),
    quotaMicros: cpuQuota > 0 ? BigInt(cpuQuota) : undefined,
    shares: BigInt(cpuShares),
  };
  return { ...told, cpu: { ...told.cpu, ...limits }, memory: { ...told.memory, softLimitBytes: undefined } };
}

/** Leaves the event loop to others after each batch. */
async function inBatches<Item, Result>(items: readonly Item[], read: (item: Item) => Result): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += batchSize) {
    if (start > 0) await setImmediate();
    for (const item of items.slice(start, start + batchSize)) results.push(read(item));
  }
  return results;
}
