import { setImmediate } from "node:timers/promises";
import { isFault } from "#foundation";
import type { CgroupUsage } from "#host";
import type { PodContext } from "../context.ts";
import type { ContainerFilter, ListFilter } from "../engine.ts";
import { matchesContainer, matchesSandbox } from "../filter.ts";
import { containersBySandbox, getContainer, getSandbox } from "../find.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { CpuRates } from "./cpu-rates.ts";
import type { LayerUsages } from "./layer-usages.ts";
import { sumCensuses } from "./sum-censuses.ts";
import { sumUsages } from "./sum-usages.ts";
import type { TaskCensuses } from "./task-censuses.ts";
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
  container(id: string): ContainerStats {
    return this.#sampleContainer(getContainer(this.#context, id));
  }

  /** Those that run: of the others there is nothing that changes. */
  async listContainers(filter: Omit<ContainerFilter, "state">): Promise<readonly ContainerStats[]> {
    const records = [...this.#context.containers.all().values()].filter(
      (record) => record.status.phase === "running" && matchesContainer(this.#context.views.container(record), filter),
    );
    return await inBatches(records, (record) => this.#sampleContainer(record));
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
    for (const [index, record] of this.#readySandboxes({}).entries()) {
      if (index > 0 && index % detailedAtOnce === 0) await setImmediate();
      const stats = await this.#sampleSandbox(record, neighbourhood);
      const containers = stats.containers.flatMap((container) => this.#detailOf(container));
      const { cgroupParent: cgroupPath } = record;
      const isShared = neighbourhood.sharedCgroups.has(cgroupPath);
      const detail = isShared ? undefined : this.#context.host.cgroups.detail(cgroupPath);
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

  #readySandboxes(filter: Omit<ListFilter<never>, "state">): readonly SandboxRecord[] {
    return [...this.#context.sandboxes.all().values()].filter(
      (record) => record.status.phase === "ready" && matchesSandbox(this.#context.views.sandbox(record), filter),
    );
  }

  /** Nothing when it has ended meanwhile. */
  #detailOf(stats: SandboxContainerStats): readonly ContainerDetail[] {
    const { cgroups } = this.#context.host;
    const record = this.#context.containers.find(stats.container.id);
    const { sample } = stats;
    return (record === undefined ? [] : cgroupOf(record)).flatMap((cgroupPath) => {
      const detail = cgroups.detail(cgroupPath);
      if (detail === undefined || sample === undefined) return [];
      return [{ ...stats, sample, cgroupPath, detail, census: this.#sources.censuses.find(stats.container.id) }];
    });
  }

  /** Forgets a container or sandbox that was removed. */
  forget(id: string): void {
    this.#rates.forget(id);
    this.#sources.layers.forget(id);
    this.#sources.censuses.forget(id);
  }

  #sampleContainer(record: ContainerRecord): ContainerStats {
    const { status } = record;
    const usage = status.phase === "running" ? this.#context.host.cgroups.usage(status.process.cgroupPath) : undefined;
    return {
      container: this.#context.views.container(record),
      sample: usage === undefined ? undefined : this.#sampleOf(record.id, usage),
      writableLayer: this.#sources.layers.find(record.id),
    };
  }

  async #sampleSandbox(record: SandboxRecord, { containersOf, sharedCgroups }: Neighbourhood): Promise<SandboxStats> {
    const { cgroups } = this.#context.host;
    const containers = containersOf(record.id).flatMap((container) => {
      const [path] = cgroupOf(container);
      return path === undefined
        ? []
        : [{ ...this.#sampleContainer(container), processCount: cgroups.processCount(path) }];
    });
    const pause = record.status.phase === "ready" ? record.status.pause?.cgroupPath : undefined;
    const pauseCount = pause === undefined ? 0 : cgroups.processCount(pause);
    const whole = sharedCgroups.has(record.cgroupParent) ? undefined : cgroups.usage(record.cgroupParent);
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
    for (const { cgroupParent, status } of this.#context.sandboxes.all().values()) {
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

/** Leaves the event loop to others after each batch. */
async function inBatches<Item, Result>(items: readonly Item[], read: (item: Item) => Result): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += batchSize) {
    if (start > 0) await setImmediate();
    for (const item of items.slice(start, start + batchSize)) results.push(read(item));
  }
  return results;
}
