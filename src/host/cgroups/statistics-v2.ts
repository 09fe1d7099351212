import { type CgroupFields, decodeCgroupFields, decodeCgroupNumber, decodeIoStat, workingSetOf } from "#spec";
import { type ReadControl, readPressure } from "./control.ts";
import { sharesOfWeight } from "./cpu-weight.ts";
import { hugePagesOfV2 } from "./huge-pages.ts";
import type { CgroupCpuDetail, CgroupMemoryUsage, CgroupSwapUsage, CgroupUsage, UnnamedDetail } from "./statistics.ts";

const nanosPerMicro = 1_000n;

export function usageOfV2(read: ReadControl): CgroupUsage | undefined {
  const usageMicros = decodeCgroupFields(read("cpu", "cpu.stat")).get("usage_usec");
  const memory = memoryOf(read);
  if (usageMicros === undefined || memory === undefined) return undefined;
  return {
    cpu: { usageNanos: usageMicros * nanosPerMicro, pressure: readPressure(read, "cpu") },
    memory,
    swap: swapOf(read),
    io: { pressure: readPressure(read, "io") },
  };
}

function memoryOf(read: ReadControl): CgroupMemoryUsage | undefined {
  const usageBytes = decodeCgroupNumber(read("memory", "memory.current"));
  if (usageBytes === undefined) return undefined;
  const stat = decodeCgroupFields(read("memory", "memory.stat"));
  const field = (name: string): bigint => stat.get(name) ?? 0n;
  const inactiveFileBytes = field("inactive_file");
  return {
    usageBytes,
    workingSetBytes: workingSetOf(usageBytes, inactiveFileBytes),
    rssBytes: field("anon"),
    cacheBytes: field("file"),
    mappedFileBytes: field("file_mapped"),
    activeFileBytes: field("active_file"),
    inactiveFileBytes,
    pageFaults: field("pgfault"),
    majorPageFaults: field("pgmajfault"),
    reclaim: {
      dirtyBytes: stat.get("file_dirty"),
      writebackBytes: stat.get("file_writeback"),
      scannedPages: stat.get("pgscan"),
      stolenPages: stat.get("pgsteal"),
      refaultedAnon: stat.get("workingset_refault_anon"),
      refaultedFile: stat.get("workingset_refault_file"),
    },
    limitBytes: decodeCgroupNumber(read("memory", "memory.max")),
    pressure: readPressure(read, "memory"),
  };
}

function swapOf(read: ReadControl): CgroupSwapUsage | undefined {
  const usageBytes = decodeCgroupNumber(read("memory", "memory.swap.current"));
  if (usageBytes === undefined) return undefined;
  return { usageBytes, limitBytes: decodeCgroupNumber(read("memory", "memory.swap.max")) };
}

export function detailOfV2(read: ReadControl, pageSizes: readonly string[]): UnnamedDetail | undefined {
  const stat = read("cpu", "cpu.stat");
  if (stat === "") return undefined;
  const events = decodeCgroupFields(read("memory", "memory.events"));
  return {
    cpu: cpuOf(read, decodeCgroupFields(stat)),
    memory: {
      maxUsageBytes: decodeCgroupNumber(read("memory", "memory.peak")) ?? 0n,
      kernelBytes: decodeCgroupFields(read("memory", "memory.stat")).get("kernel") ?? 0n,
      failures: events.get("max") ?? 0n,
      oomKills: events.get("oom_kill") ?? 0n,
      highEvents: events.get("high"),
      maxEvents: events.get("max"),
      softLimitBytes: decodeCgroupNumber(read("memory", "memory.low")),
    },
    devices: decodeIoStat(read("io", "io.stat")),
    hugePages: hugePagesOfV2(read, pageSizes),
    tasks: {
      current: decodeCgroupNumber(read("pids", "pids.current")) ?? 0n,
      limit: decodeCgroupNumber(read("pids", "pids.max")),
    },
  };
}

function cpuOf(read: ReadControl, stat: CgroupFields): CgroupCpuDetail {
  const nanos = (name: string): bigint => (stat.get(name) ?? 0n) * nanosPerMicro;
  const [quota = "", period = ""] = read("cpu", "cpu.max").trim().split(" ");
  return {
    userNanos: nanos("user_usec"),
    systemNanos: nanos("system_usec"),
    periods: stat.get("nr_periods") ?? 0n,
    throttledPeriods: stat.get("nr_throttled") ?? 0n,
    throttledNanos: nanos("throttled_usec"),
    bursts: stat.get("nr_bursts") ?? 0n,
    burstNanos: nanos("burst_usec"),
    periodMicros: decodeCgroupNumber(period) ?? 0n,
    quotaMicros: decodeCgroupNumber(quota),
    shares: sharesOfWeight(decodeCgroupNumber(read("cpu", "cpu.weight")) ?? 0n),
  };
}
