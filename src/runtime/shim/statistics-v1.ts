import { create } from "@bufbuild/protobuf";
import {
  type BlkIOEntry,
  type CPUStat,
  CPUStatSchema,
  CPUUsageSchema,
  type HugetlbStat,
  MemoryEntrySchema,
  type MemoryStat,
  MemoryStatSchema,
  type Metrics,
  PidsStatSchema,
  ThrottleSchema,
} from "#proto/containerd/cgroups/v1/metrics_pb.js";
import { workingSetOf } from "#spec";
import type { RuntimeStatistics, ToldDetail } from "../types.ts";
import { limitOf, type ToldDevice, tellDevice, untoldReclaim } from "./told-values.ts";

/** What a cgroup of version 1 has used. A shim leaves out what it does not know: that is 0, as on the wire. */
export function statisticsOfV1(metrics: Metrics): RuntimeStatistics {
  const { cpu = create(CPUStatSchema), pids = create(PidsStatSchema), blkio, hugetlb } = metrics;
  const memory = metrics.memory ?? create(MemoryStatSchema);
  return {
    usage: {
      cpu: { usageNanos: cpu.usage?.total ?? 0n, pressure: undefined },
      memory: memoryOf(memory),
      swap: swapOf(memory),
      io: { pressure: undefined },
    },
    detail: {
      cpu: timesOf(cpu),
      memory: {
        ...peaksOf(memory),
        oomKills: metrics.memoryOomControl?.oomKill ?? 0n,
      },
      devices: devicesOf(blkio?.ioServiceBytesRecursive ?? [], blkio?.ioServicedRecursive ?? []),
      hugePages: hugetlb.map(hugePageOf),
      tasks: { current: pids.current, limit: limitOf(pids.limit) },
    },
    processCount: Number(pids.current),
  };
}

function timesOf(cpu: CPUStat): ToldDetail["cpu"] {
  const { usage = create(CPUUsageSchema), throttling = create(ThrottleSchema) } = cpu;
  return {
    userNanos: usage.user,
    systemNanos: usage.kernel,
    periods: throttling.periods,
    throttledPeriods: throttling.throttledPeriods,
    throttledNanos: throttling.throttledTime,
    bursts: 0n,
    burstNanos: 0n,
  };
}

/** The "total" values count the cgroups below too; some shims fill in the others alone. */
function memoryOf(memory: MemoryStat): RuntimeStatistics["usage"]["memory"] {
  const { usage = create(MemoryEntrySchema) } = memory;
  const inactiveFileBytes = memory.totalInactiveFile || memory.inactiveFile;
  return {
    usageBytes: usage.usage,
    workingSetBytes: workingSetOf(usage.usage, inactiveFileBytes),
    rssBytes: memory.totalRss || memory.rss,
    cacheBytes: memory.totalCache || memory.cache,
    mappedFileBytes: memory.totalMappedFile || memory.mappedFile,
    activeFileBytes: memory.totalActiveFile || memory.activeFile,
    inactiveFileBytes,
    pageFaults: memory.totalPgFault || memory.pgFault,
    majorPageFaults: memory.totalPgMajFault || memory.pgMajFault,
    reclaim: untoldReclaim,
    limitBytes: limitOf(usage.limit),
    pressure: undefined,
  };
}

/** v1 counts and limits memory and swap together. */
function swapOf({ swap, usage = create(MemoryEntrySchema) }: MemoryStat): RuntimeStatistics["usage"]["swap"] {
  if (swap === undefined) return undefined;
  const [both, own] = [limitOf(swap.limit), limitOf(usage.limit)];
  return {
    usageBytes: swap.usage > usage.usage ? swap.usage - usage.usage : 0n,
    limitBytes: both === undefined || own === undefined || both < own ? undefined : both - own,
  };
}

function peaksOf({ usage = create(MemoryEntrySchema), kernel }: MemoryStat): Omit<ToldDetail["memory"], "oomKills"> {
  const events = { highEvents: undefined, maxEvents: undefined };
  return { maxUsageBytes: usage.max, kernelBytes: kernel?.usage ?? 0n, failures: usage.failcnt, ...events };
}

function hugePageOf({ pagesize, usage, max, failcnt }: HugetlbStat): ToldDetail["hugePages"][number] {
  return { pageSize: pagesize, usageBytes: usage, maxUsageBytes: max, failures: failcnt };
}

function devicesOf(bytes: readonly BlkIOEntry[], times: readonly BlkIOEntry[]): readonly ToldDevice[] {
  const keyOf = ({ major, minor }: BlkIOEntry): string => `${major}:${minor}`;
  const valueOf = (entries: readonly BlkIOEntry[], key: string, op: string): bigint =>
    entries.find((entry) => keyOf(entry) === key && entry.op.toLowerCase() === op)?.value ?? 0n;
  const devices = new Map([...bytes, ...times].map((entry) => [keyOf(entry), entry]));
  return [...devices].map(([key, entry]) =>
    tellDevice(entry, {
      readBytes: valueOf(bytes, key, "read"),
      writeBytes: valueOf(bytes, key, "write"),
      reads: valueOf(times, key, "read"),
      writes: valueOf(times, key, "write"),
    }),
  );
}
