import { create } from "@bufbuild/protobuf";
import {
  type CPUStat,
  CPUStatSchema,
  type HugeTlbStat,
  type IOEntry,
  MemoryEventsSchema,
  type MemoryStat,
  MemoryStatSchema,
  type Metrics,
  PidsStatSchema,
  type PSIData,
  PSIDataSchema,
  type PSIStats,
} from "#proto/containerd/cgroups/v2/metrics_pb.js";
import { workingSetOf } from "#spec";
import type { RuntimeStatistics, ToldDetail } from "../types.ts";
import { limitOf, type ToldDevice, tellDevice, untoldReclaim } from "./told-values.ts";

type Usage = RuntimeStatistics["usage"];

const nanosPerMicro = 1_000n;

/** What a cgroup of version 2 has used. A shim leaves out what it does not know: that is 0, as on the wire. */
export function statisticsOfV2(metrics: Metrics): RuntimeStatistics {
  const { cpu = create(CPUStatSchema), pids = create(PidsStatSchema), io, hugetlb } = metrics;
  const { memory, memoryEvents = create(MemoryEventsSchema) } = metrics;
  return {
    usage: {
      cpu: { usageNanos: cpu.usageUsec * nanosPerMicro, pressure: pressureOf(cpu.psi) },
      memory: memoryOf(memory ?? create(MemoryStatSchema)),
      swap: memory && { usageBytes: memory.swapUsage, limitBytes: limitOf(memory.swapLimit) },
      io: { pressure: pressureOf(io?.psi) },
    },
    detail: {
      cpu: timesOf(cpu),
      memory: {
        maxUsageBytes: memory?.maxUsage ?? 0n,
        kernelBytes: 0n,
        failures: memoryEvents.max,
        oomKills: memoryEvents.oomKill,
        highEvents: undefined,
        maxEvents: memoryEvents.max,
      },
      devices: io?.usage.map(deviceOf) ?? [],
      hugePages: hugetlb.map(hugePageOf),
      tasks: { current: pids.current, limit: limitOf(pids.limit) },
    },
    processCount: Number(pids.current),
  };
}

function timesOf(cpu: CPUStat): ToldDetail["cpu"] {
  return {
    userNanos: cpu.userUsec * nanosPerMicro,
    systemNanos: cpu.systemUsec * nanosPerMicro,
    periods: cpu.nrPeriods,
    throttledPeriods: cpu.nrThrottled,
    throttledNanos: cpu.throttledUsec * nanosPerMicro,
    bursts: cpu.nrBursts,
    burstNanos: cpu.burstUsec * nanosPerMicro,
  };
}

function memoryOf(memory: MemoryStat): Usage["memory"] {
  return {
    usageBytes: memory.usage,
    workingSetBytes: workingSetOf(memory.usage, memory.inactiveFile),
    rssBytes: memory.anon,
    cacheBytes: memory.file,
    mappedFileBytes: memory.fileMapped,
    activeFileBytes: memory.activeFile,
    inactiveFileBytes: memory.inactiveFile,
    pageFaults: memory.pgfault,
    majorPageFaults: memory.pgmajfault,
    reclaim: untoldReclaim,
    limitBytes: limitOf(memory.usageLimit),
    pressure: pressureOf(memory.psi),
  };
}

function deviceOf(entry: IOEntry): ToldDevice {
  const { rbytes, wbytes, rios, wios } = entry;
  return tellDevice(entry, { readBytes: rbytes, writeBytes: wbytes, reads: rios, writes: wios });
}

function hugePageOf({ pagesize, current, max, failcnt }: HugeTlbStat): ToldDetail["hugePages"][number] {
  return { pageSize: pagesize, usageBytes: current, maxUsageBytes: max, failures: failcnt };
}

function pressureOf(psi: PSIStats | undefined): Usage["io"]["pressure"] {
  return psi === undefined ? undefined : { some: shareOf(psi.some), full: shareOf(psi.full) };
}

function shareOf(data: PSIData | undefined): NonNullable<Usage["io"]["pressure"]>["some"] {
  const { avg10, avg60, avg300, total } = data ?? create(PSIDataSchema);
  return { avg10, avg60, avg300, totalMicros: total };
}
