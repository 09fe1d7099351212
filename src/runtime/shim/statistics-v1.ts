import type { BlkIOEntry, MemoryEntry, MemoryStat, Metrics } from "#proto/containerd/cgroups/v1/metrics_pb.js";
import type { RuntimeStatistics } from "../types.ts";
import { limitOf, type ToldDevice, tellDevice, workingSetOf } from "./told-values.ts";

/** What a cgroup of version 1 has used. A shim leaves out what it does not know: that is 0, as on the wire. */
export function statisticsOfV1({ cpu, memory, pids, blkio, hugetlb, memoryOomControl }: Metrics): RuntimeStatistics {
  return {
    usage: {
      cpu: { usageNanos: cpu?.usage?.total ?? 0n, pressure: undefined },
      memory: memoryOf(memory),
      swap: swapOf(memory),
      io: { pressure: undefined },
    },
    detail: {
      cpu: {
        userNanos: cpu?.usage?.user ?? 0n,
        systemNanos: cpu?.usage?.kernel ?? 0n,
        periods: cpu?.throttling?.periods ?? 0n,
        throttledPeriods: cpu?.throttling?.throttledPeriods ?? 0n,
        throttledNanos: cpu?.throttling?.throttledTime ?? 0n,
        bursts: 0n,
        burstNanos: 0n,
      },
      memory: {
        maxUsageBytes: memory?.usage?.max ?? 0n,
        kernelBytes: memory?.kernel?.usage ?? 0n,
        failures: memory?.usage?.failcnt ?? 0n,
        oomKills: memoryOomControl?.oomKill ?? 0n,
      },
      devices: devicesOf(blkio?.ioServiceBytesRecursive ?? [], blkio?.ioServicedRecursive ?? []),
      hugePages: hugetlb.map(({ pagesize, usage, max, failcnt }) => ({
        pageSize: pagesize,
        usageBytes: usage,
        maxUsageBytes: max,
        failures: failcnt,
      })),
      tasks: { current: pids?.current ?? 0n, limit: limitOf(pids?.limit) },
    },
    processCount: Number(pids?.current ?? 0n),
  };
}

/** The "total" values count the cgroups below too; some shims fill in the others alone. */
function memoryOf(memory: MemoryStat | undefined): RuntimeStatistics["usage"]["memory"] {
  const either = (total: bigint | undefined, own: bigint | undefined): bigint => total || (own ?? 0n);
  const usageBytes = memory?.usage?.usage ?? 0n;
  const inactiveFileBytes = either(memory?.totalInactiveFile, memory?.inactiveFile);
  return {
    usageBytes,
    workingSetBytes: workingSetOf(usageBytes, inactiveFileBytes),
    rssBytes: either(memory?.totalRss, memory?.rss),
    cacheBytes: either(memory?.totalCache, memory?.cache),
    mappedFileBytes: either(memory?.totalMappedFile, memory?.mappedFile),
    activeFileBytes: either(memory?.totalActiveFile, memory?.activeFile),
    inactiveFileBytes,
    pageFaults: either(memory?.totalPgFault, memory?.pgFault),
    majorPageFaults: either(memory?.totalPgMajFault, memory?.pgMajFault),
    limitBytes: limitOf(memory?.usage?.limit),
    pressure: undefined,
  };
}

/** v1 counts and limits memory and swap together. */
function swapOf(memory: MemoryStat | undefined): RuntimeStatistics["usage"]["swap"] {
  if (memory?.swap === undefined) return undefined;
  const [both, own] = [limitOf(memory.swap.limit), limitOf(memory.usage?.limit)];
  return {
    usageBytes: beyond(memory.swap, memory.usage),
    limitBytes: both === undefined || own === undefined || both < own ? undefined : both - own,
  };
}

function beyond({ usage }: MemoryEntry, memory: MemoryEntry | undefined): bigint {
  const own = memory?.usage ?? 0n;
  return usage > own ? usage - own : 0n;
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
