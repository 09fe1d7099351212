import type { ContainerDetail } from "#pod";
import { counter, gauge, labelled, type MetricDefinition, nothing, secondsOfNanos } from "./definition.ts";

/** A container, or a pod with a cgroup of its own. */
export interface CgroupSubject extends Pick<ContainerDetail, "sample" | "detail" | "processCount"> {
  readonly createdAtNanos: bigint;
  readonly startedAtNanos: bigint;
}

type Definition = MetricDefinition<CgroupSubject>;

/** What cgroups tell beside their usage, and how old they are. */
export const cgroupMetrics: readonly Definition[] = [
  gauge("creation_time_seconds", "when it was made, in unix seconds", ({ createdAtNanos }) =>
    secondsOfNanos(createdAtNanos),
  ),
  gauge("start_time_seconds", "when it was started, in unix seconds", ({ startedAtNanos }) =>
    secondsOfNanos(startedAtNanos),
  ),
  // Health is an idea of Docker's; kubelet probes by itself. cadvisor's word for "none" is -1, which CRI cannot carry.
  gauge("health_state", "what its health check says: never any value", nothing),
  counter("oom_events_total", "processes killed for want of memory", ({ detail }) => detail.memory.oomKills),
  gauge("processes", "processes", ({ processCount }) => BigInt(processCount)),
  gauge("threads", "threads", ({ detail }) => detail.tasks.current),
  gauge("threads_max", "threads that are allowed; 0: no limit", ({ detail }) => detail.tasks.limit ?? 0n),
  counter("cpu_user_seconds_total", "time used by programs", ({ detail }) => secondsOfNanos(detail.cpu.userNanos)),
  counter("cpu_system_seconds_total", "time used by the kernel for them", ({ detail }) =>
    secondsOfNanos(detail.cpu.systemNanos),
  ),
  ofQuota("periods_total", "periods of its quota", ({ periods }) => periods),
  ofQuota("throttled_periods_total", "periods in which it was held", ({ throttledPeriods }) => throttledPeriods),
  ofQuota("throttled_seconds_total", "time in which it was held", ({ throttledNanos }) =>
    secondsOfNanos(throttledNanos),
  ),
  ofQuota("burst_periods_total", "periods in which it burst", ({ bursts }) => bursts),
  ofQuota("burst_seconds_total", "time beyond its quota", ({ burstNanos }) => secondsOfNanos(burstNanos)),
  gauge("memory_kernel_usage", "bytes that the kernel uses for it", ({ detail }) => detail.memory.kernelBytes),
  gauge("memory_max_usage_bytes", "most bytes that were in use", ({ detail }) => detail.memory.maxUsageBytes),
  counter("memory_failcnt", "times that the memory limit was hit", ({ detail }) => detail.memory.failures),
  counter(
    "memory_events_high_total",
    "times that it was slowed down at memory.high",
    ({ detail }) => detail.memory.highEvents,
  ),
  counter("memory_events_max_total", "times that it came to memory.max", ({ detail }) => detail.memory.maxEvents),
  gauge("spec_cpu_period", "period of its quota in microseconds", ({ detail }) => detail.cpu.periodMicros),
  gauge("spec_cpu_quota", "its quota in microseconds", ({ detail }) => detail.cpu.quotaMicros),
  gauge("spec_cpu_shares", "its share of the processors", ({ detail }) => detail.cpu.shares),
  gauge("spec_memory_limit_bytes", "memory limit; 0: none", ({ sample }) => sample.usage.memory.limitBytes ?? 0n),
  gauge("spec_memory_swap_limit_bytes", "swap limit; 0: none", ({ sample }) => sample.usage.swap?.limitBytes ?? 0n),
  gauge(
    "spec_memory_reservation_limit_bytes",
    "memory reservation; 0: none",
    ({ detail }) => detail.memory.softLimitBytes ?? 0n,
  ),
  labelled(gauge("hugetlb_usage_bytes", "bytes of huge pages in use", nothing), ["pagesize"], ({ detail }, take) => {
    for (const { pageSize, usageBytes } of detail.hugePages) take(usageBytes, [pageSize]);
  }),
  labelled(
    gauge("hugetlb_max_usage_bytes", "most bytes of huge pages that were in use", nothing),
    ["pagesize"],
    ({ detail }, take) => {
      for (const { pageSize, maxUsageBytes } of detail.hugePages) take(maxUsageBytes, [pageSize]);
    },
  ),
  labelled(
    counter("hugetlb_failcnt", "times that the limit of huge pages was hit", nothing),
    ["pagesize"],
    ({ detail }, take) => {
      for (const { pageSize, failures } of detail.hugePages) take(failures, [pageSize]);
    },
  ),
];

/** What has no quota has no periods, and cadvisor tells of none. */
function ofQuota(name: string, help: string, read: (cpu: CgroupSubject["detail"]["cpu"]) => bigint): Definition {
  return counter(`cpu_cfs_${name}`, help, ({ detail: { cpu } }) =>
    cpu.quotaMicros === undefined ? undefined : read(cpu),
  );
}
