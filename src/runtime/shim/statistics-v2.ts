import type { MemoryStat, Metrics, PSIData, PSIStats } from "#proto/containerd/cgroups/v2/metrics_pb.js";
import type { RuntimeStatistics } from "../types.ts";
import { limitOf, tellDevice, workingSetOf } from "./told-values.ts";

type Usage = RuntimeStatistics["usage"];

const nanosPerMicro = 1_000n;

/** What a cgroup of version 2 has used. A shim leaves out what it does not know: that is 0, as on the wire. */
export function statisticsOfV2(metrics: Metrics): RuntimeStatistics {
  const { cpu, memory, pids, io, hugetlb, memoryEvents } = metrics;
  const nanos = (micros: bigint | undefined): bigint => (micros ?? 0n) * nanosPerMicro;
  return {
    usage: {
      cpu: { usageNanos: nanos(cpu?.usageUsec), pressure: pressureOf(cpu?.psi) },
      memory: memoryOf(memory),
      swap: memory === undefined ? undefined : { usageBytes: memory.swapUsage, limitBytes: limitOf(memory.swapLimit) },
      io: { pressure: pressureOf(io?.psi) },
    },
    detail: {
      cpu: {
        userNanos: nanos(cpu?.userUsec),
        systemNanos: nanos(cpu?.systemUsec),
        periods: cpu?.nrPeriods ?? 0n,
        throttledPeriods: cpu?.nrThrottled ?? 0n,
        throttledNanos: nanos(cpu?.throttledUsec),
        bursts: cpu?.nrBursts ?? 0n,
        burstNanos: nanos(cpu?.burstUsec),
      },
      memory: {
        maxUsageBytes: memory?.maxUsage ?? 0n,
        kernelBytes: 0n,
        failures: memoryEvents?.max ?? 0n,
        oomKills: memoryEvents?.oomKill ?? 0n,
      },
      devices: (io?.usage ?? []).map((entry) =>
        tellDevice(entry, {
          readBytes: entry.rbytes,
          writeBytes: entry.wbytes,
          reads: entry.rios,
          writes: entry.wios,
        }),
      ),
      hugePages: hugetlb.map(({ pagesize, current, max, failcnt }) => ({
        pageSize: pagesize,
        usageBytes: current,
        maxUsageBytes: max,
        failures: failcnt,
      })),
      tasks: { current: pids?.current ?? 0n, limit: limitOf(pids?.limit) },
    },
    processCount: Number(pids?.current ?? 0n),
  };
}

function memoryOf(memory: MemoryStat | undefined): Usage["memory"] {
  const usageBytes = memory?.usage ?? 0n;
  const inactiveFileBytes = memory?.inactiveFile ?? 0n;
  return {
    usageBytes,
    workingSetBytes: workingSetOf(usageBytes, inactiveFileBytes),
    rssBytes: memory?.anon ?? 0n,
    cacheBytes: memory?.file ?? 0n,
    mappedFileBytes: memory?.fileMapped ?? 0n,
    activeFileBytes: memory?.activeFile ?? 0n,
    inactiveFileBytes,
    pageFaults: memory?.pgfault ?? 0n,
    majorPageFaults: memory?.pgmajfault ?? 0n,
    limitBytes: limitOf(memory?.usageLimit),
    pressure: pressureOf(memory?.psi),
  };
}

function pressureOf(psi: PSIStats | undefined): Usage["io"]["pressure"] {
  return psi === undefined ? undefined : { some: shareOf(psi.some), full: shareOf(psi.full) };
}

function shareOf(data: PSIData | undefined): NonNullable<Usage["io"]["pressure"]>["some"] {
  const { avg10 = 0, avg60 = 0, avg300 = 0, total = 0n } = data ?? {};
  return { avg10, avg60, avg300, totalMicros: total };
}
