import type {
  Container,
  ContainerStats,
  CpuUsage,
  Metric,
  PodSandbox,
  PodSandboxStats,
} from "#proto/cri/v1/runtime_pb.js";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { describeContainerState } from "../container-list.ts";
import { describePodState } from "../pod-list.ts";
import type { NodeSample } from "./sample.ts";

/** What a pod or a container uses. Undefined is what nobody told. */
export interface Usage {
  /** Of one processor. */
  readonly cpuPercent: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Bytes a second. */
  readonly diskRead: number | undefined;
  readonly diskWritten: number | undefined;
  readonly received: number | undefined;
  readonly sent: number | undefined;
}

/** A line of the table. */
export interface UsageRow extends Usage {
  readonly name: string;
  readonly state: string;
  readonly restarts: number;
  readonly createdAtNanos: bigint;
}

export interface PodUsage extends UsageRow {
  readonly namespace: string;
  readonly containers: readonly UsageRow[];
}

export interface NodeUsage {
  readonly pods: readonly PodUsage[];
  readonly readyPods: number;
  readonly containers: number;
  readonly runningContainers: number;
  readonly total: Usage;
}

/** What happened between two samples. Of the attempts of a container only the newest is shown. */
export function compareSamples(before: NodeSample, after: NodeSample): NodeUsage {
  const earlier = index(before);
  const later = index(after);
  const newest = newestAttempts(after.containers);
  const pods = after.pods.map((pod) => {
    const own = newest.filter(({ podSandboxId }) => podSandboxId === pod.id);
    return podUsage(
      pod,
      own.map((container) => containerUsage(container, earlier, later)),
      [earlier.pods.get(pod.id), later.pods.get(pod.id)],
    );
  });
  return {
    pods,
    readyPods: after.pods.filter(({ state }) => state === PodSandboxState.SANDBOX_READY).length,
    containers: after.containers.length,
    runningContainers: after.containers.filter(({ state }) => state === ContainerState.CONTAINER_RUNNING).length,
    total: addUp(pods),
  };
}

interface SampleIndex {
  readonly containers: ReadonlyMap<string, ContainerStats>;
  readonly pods: ReadonlyMap<string, PodSandboxStats>;
  readonly metrics: ReadonlyMap<string, readonly Metric[]>;
}

function index({ containerStats, podStats, podMetrics }: NodeSample): SampleIndex {
  const metrics = podMetrics.flatMap(({ containerMetrics }) => containerMetrics);
  return {
    containers: new Map(containerStats.map((stats) => [stats.attributes?.id ?? "", stats])),
    pods: new Map(podStats.map((stats) => [stats.attributes?.id ?? "", stats])),
    metrics: new Map(metrics.map((each) => [each.containerId, each.metrics])),
  };
}

function newestAttempts(containers: readonly Container[]): readonly Container[] {
  const newest = new Map<string, Container>();
  for (const container of containers) {
    const key = `${container.podSandboxId} ${container.metadata?.name ?? ""}`;
    const known = newest.get(key);
    if (known === undefined || known.createdAt < container.createdAt) newest.set(key, container);
  }
  return [...newest.values()];
}

function containerUsage(
  { id, metadata, state, createdAt }: Container,
  before: SampleIndex,
  after: SampleIndex,
): UsageRow {
  const stats = after.containers.get(id);
  const disk = (name: string): number | undefined => metricRate(name, before.metrics.get(id), after.metrics.get(id));
  return {
    name: metadata?.name ?? id,
    state: describeContainerState(state),
    restarts: metadata?.attempt ?? 0,
    createdAtNanos: createdAt,
    cpuPercent: cpuPercent(before.containers.get(id)?.cpu, stats?.cpu),
    memoryBytes: numberOf(stats?.memory?.workingSetBytes?.value),
    diskRead: disk("container_fs_reads_bytes_total"),
    diskWritten: disk("container_fs_writes_bytes_total"),
    received: undefined,
    sent: undefined,
  };
}

function podUsage(
  { id, metadata, state, createdAt }: PodSandbox,
  containers: readonly UsageRow[],
  [before, after]: readonly [PodSandboxStats | undefined, PodSandboxStats | undefined],
): PodUsage {
  const sum = addUp(containers);
  return {
    ...sum,
    name: metadata?.name ?? id,
    namespace: metadata?.namespace ?? "",
    state: describePodState(state),
    restarts: containers.reduce((all, { restarts }) => all + restarts, 0),
    createdAtNanos: createdAt,
    cpuPercent: cpuPercent(before?.linux?.cpu, after?.linux?.cpu) ?? sum.cpuPercent,
    memoryBytes: numberOf(after?.linux?.memory?.workingSetBytes?.value) ?? sum.memoryBytes,
    received: networkRate(before, after, "rxBytes"),
    sent: networkRate(before, after, "txBytes"),
    containers,
  };
}

function addUp(rows: readonly Usage[]): Usage {
  const sum = (key: keyof Usage): number | undefined => {
    const told = rows.flatMap((row) => row[key] ?? []);
    return told.length === 0 ? undefined : told.reduce((all, one) => all + one, 0);
  };
  return {
    cpuPercent: sum("cpuPercent"),
    memoryBytes: sum("memoryBytes"),
    diskRead: sum("diskRead"),
    diskWritten: sum("diskWritten"),
    received: sum("received"),
    sent: sum("sent"),
  };
}

function cpuPercent(before: CpuUsage | undefined, after: CpuUsage | undefined): number | undefined {
  const [from, to] = [before?.usageCoreNanoSeconds?.value, after?.usageCoreNanoSeconds?.value];
  const share = rate([from, before?.timestamp], [to, after?.timestamp]);
  // Nanoseconds of a processor in a second: a whole one has used a billion of them.
  return share === undefined ? undefined : share / 1e7;
}

function networkRate(
  before: PodSandboxStats | undefined,
  after: PodSandboxStats | undefined,
  direction: "rxBytes" | "txBytes",
): number | undefined {
  const [from, to] = [before?.linux?.network, after?.linux?.network];
  const [sentBefore, sentAfter] = [
    from?.defaultInterface?.[direction]?.value,
    to?.defaultInterface?.[direction]?.value,
  ];
  return rate([sentBefore, from?.timestamp], [sentAfter, to?.timestamp]);
}

/** A metric has a value for each device. */
function metricRate(
  name: string,
  before: readonly Metric[] | undefined,
  after: readonly Metric[] | undefined,
): number | undefined {
  return rate(sumOfMetric(name, before), sumOfMetric(name, after));
}

type Reading = readonly [count: bigint | undefined, atNanos: bigint | undefined];

function sumOfMetric(name: string, metrics: readonly Metric[] | undefined): Reading {
  const own = metrics?.filter((metric) => metric.name === name) ?? [];
  if (own.length === 0) return [undefined, undefined];
  return [own.reduce((sum, { value }) => sum + (value?.value ?? 0n), 0n), own[0]?.timestamp];
}

/** What was added in a second; undefined without two readings at two times. A count that begins anew has added nothing. */
function rate([before, from]: Reading, [after, to]: Reading): number | undefined {
  if (before === undefined || after === undefined || from === undefined || to === undefined) return undefined;
  // A reading that is the same as before tells nothing new, and not that nothing happened.
  if (to <= from) return undefined;
  return Math.max(0, Number(after - before) / (Number(to - from) / 1e9));
}

function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
