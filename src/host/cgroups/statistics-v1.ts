import {
  type CgroupFields,
  decodeBlkio,
  decodeCgroupFields,
  decodeCgroupNumber,
  type Pressure,
  workingSetOf,
} from "#spec";
import { type PressuredResource, type ReadControl, readPressure } from "./control.ts";
import { hugePagesOfV1 } from "./huge-pages.ts";
import type { CgroupCpuDetail, CgroupMemoryUsage, CgroupSwapUsage, CgroupUsage, UnnamedDetail } from "./statistics.ts";

/** v1 says "no limit" by the largest number of pages; nobody has an exbibyte. */
const unlimitedBytes = 2n ** 60n;
/** The unit of cpuacct.stat, the same on every architecture: USER_HZ. */
const nanosPerTick = 10_000_000n;

export function usageOfV1(read: ReadControl): CgroupUsage | undefined {
  const usageNanos = decodeCgroupNumber(read("cpuacct", "cpuacct.usage"));
  const usageBytes = decodeCgroupNumber(read("memory", "memory.usage_in_bytes"));
  if (usageNanos === undefined || usageBytes === undefined) return undefined;
  const stat = decodeCgroupFields(read("memory", "memory.stat"));
  const pressure = isInUnified(read) ? unifiedPressure(read) : noPressure;
  return {
    cpu: { usageNanos, pressure: pressure("cpu") },
    memory: { ...memoryOf(stat, usageBytes), pressure: pressure("memory") },
    swap: swapOf(stat),
    io: { pressure: pressure("io") },
  };
}

/**
 * v1 does not count pressure. The unified tree of a hybrid machine does, for the processes that are there too, which is an
 * affair of the runtime and of systemd: of a cgroup without any, zeros would look like the truth.
 */
function isInUnified(read: ReadControl): boolean {
  return decodeCgroupFields(read(unifiedName, "cgroup.events")).get("populated") === 1n;
}

/** The unified hierarchy of a hybrid machine has no controllers; it goes by the name of its directory. */
const unifiedName = "unified";

type PressureOf = (resource: PressuredResource) => Pressure | undefined;

function unifiedPressure(read: ReadControl): PressureOf {
  return (resource) => readPressure((_controller, file) => read(unifiedName, file), resource);
}

const noPressure: PressureOf = () => undefined;

/** The "total" lines count the cgroups below too. */
function memoryOf(stat: CgroupFields, usageBytes: bigint): Omit<CgroupMemoryUsage, "pressure"> {
  const field = (name: string): bigint => stat.get(name) ?? 0n;
  // In the kernel's order.
  const counts = {
    limitBytes: limitOf(stat.get("hierarchical_memory_limit")),
    cacheBytes: field("total_cache"),
    rssBytes: field("total_rss"),
    mappedFileBytes: field("total_mapped_file"),
    reclaim: {
      dirtyBytes: stat.get("total_dirty"),
      writebackBytes: stat.get("total_writeback"),
      scannedPages: undefined,
      stolenPages: undefined,
      refaultedAnon: stat.get("total_workingset_refault_anon"),
      refaultedFile: stat.get("total_workingset_refault_file"),
    },
    pageFaults: field("total_pgfault"),
    majorPageFaults: field("total_pgmajfault"),
    inactiveFileBytes: field("total_inactive_file"),
    activeFileBytes: field("total_active_file"),
  };
  return {
    ...counts,
    usageBytes,
    workingSetBytes: workingSetOf(usageBytes, counts.inactiveFileBytes),
  };
}

/** v1 limits memory and swap together. */
function swapOf(stat: CgroupFields): CgroupSwapUsage | undefined {
  const usageBytes = stat.get("total_swap");
  if (usageBytes === undefined) return undefined;
  const memory = limitOf(stat.get("hierarchical_memory_limit"));
  const both = limitOf(stat.get("hierarchical_memsw_limit"));
  return {
    usageBytes,
    limitBytes: memory === undefined || both === undefined || both < memory ? undefined : both - memory,
  };
}

export function detailOfV1(read: ReadControl, pageSizes: readonly string[]): UnnamedDetail | undefined {
  const maxUsageBytes = decodeCgroupNumber(read("memory", "memory.max_usage_in_bytes"));
  if (maxUsageBytes === undefined) return undefined;
  return {
    cpu: cpuOf(read),
    memory: {
      maxUsageBytes,
      kernelBytes: decodeCgroupNumber(read("memory", "memory.kmem.usage_in_bytes")) ?? 0n,
      failures: decodeCgroupNumber(read("memory", "memory.failcnt")) ?? 0n,
      oomKills: decodeCgroupFields(read("memory", "memory.oom_control")).get("oom_kill") ?? 0n,
      highEvents: undefined,
      maxEvents: undefined,
      softLimitBytes: limitOf(decodeCgroupNumber(read("memory", "memory.soft_limit_in_bytes"))),
    },
    devices: devicesOf(read),
    hugePages: hugePagesOfV1(read, pageSizes),
    tasks: {
      current: decodeCgroupNumber(read("pids", "pids.current")) ?? 0n,
      limit: decodeCgroupNumber(read("pids", "pids.max")),
    },
  };
}

/** Most cgroups never come to a device: then there is nothing to be read of how often they did. */
function devicesOf(read: ReadControl): ReturnType<typeof decodeBlkio> {
  const bytes = read("blkio", "blkio.throttle.io_service_bytes_recursive");
  return bytes === noDevices ? [] : decodeBlkio(bytes, read("blkio", "blkio.throttle.io_serviced_recursive"));
}

const noDevices = "Total 0\n";

/** Most cgroups have no quota: then there is nothing to be read of its periods. */
function cpuOf(read: ReadControl): CgroupCpuDetail {
  const times = decodeCgroupFields(read("cpuacct", "cpuacct.stat"));
  // -1 is no limit, and no number to the decoder.
  const quotaMicros = decodeCgroupNumber(read("cpu", "cpu.cfs_quota_us"));
  const stat = decodeCgroupFields(quotaMicros === undefined ? "" : read("cpu", "cpu.stat"));
  return {
    userNanos: (times.get("user") ?? 0n) * nanosPerTick,
    systemNanos: (times.get("system") ?? 0n) * nanosPerTick,
    periods: stat.get("nr_periods") ?? 0n,
    throttledPeriods: stat.get("nr_throttled") ?? 0n,
    throttledNanos: stat.get("throttled_time") ?? 0n,
    bursts: stat.get("nr_bursts") ?? 0n,
    burstNanos: stat.get("burst_time") ?? 0n,
    periodMicros: decodeCgroupNumber(read("cpu", "cpu.cfs_period_us")) ?? 0n,
    quotaMicros,
    shares: decodeCgroupNumber(read("cpu", "cpu.shares")) ?? 0n,
  };
}

function limitOf(bytes: bigint | undefined): bigint | undefined {
  return bytes === undefined || bytes >= unlimitedBytes ? undefined : bytes;
}
