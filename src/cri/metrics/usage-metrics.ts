import type { UsageSample } from "#pod";
import type { Pressure } from "#spec";
import {
  counter,
  gauge,
  labelled,
  type MetricDefinition,
  nothing,
  secondsOfNanos,
  type TakeReading,
} from "./definition.ts";

/** What pods and containers both have. */
export const usageMetrics: readonly MetricDefinition<UsageSample>[] = [
  gauge("last_seen", "when it was read, in unix seconds", ({ takenAtNanos }) => secondsOfNanos(takenAtNanos)),
  labelled(counter("cpu_usage_seconds_total", "time used on all processors", nothing), ["cpu"], ({ usage }, take) =>
    take(secondsOfNanos(usage.cpu.usageNanos), ["total"]),
  ),
  gauge("memory_cache", "bytes of page cache", ({ usage }) => usage.memory.cacheBytes),
  gauge("memory_rss", "bytes of anonymous memory", ({ usage }) => usage.memory.rssBytes),
  gauge("memory_swap", "bytes that were swapped out", ({ usage }) => usage.swap?.usageBytes),
  gauge("memory_mapped_file", "bytes of mapped files", ({ usage }) => usage.memory.mappedFileBytes),
  gauge("memory_usage_bytes", "bytes in use, the page cache included", ({ usage }) => usage.memory.usageBytes),
  gauge("memory_working_set_bytes", "bytes in use that cannot be dropped", ({ usage }) => usage.memory.workingSetBytes),
  gauge("memory_total_active_file_bytes", "bytes of page cache in use", ({ usage }) => usage.memory.activeFileBytes),
  gauge(
    "memory_total_inactive_file_bytes",
    "bytes of page cache out of use",
    ({ usage }) => usage.memory.inactiveFileBytes,
  ),
  gauge("memory_file_dirty_bytes", "bytes of page cache to be written", ({ usage }) => usage.memory.reclaim.dirtyBytes),
  gauge(
    "memory_file_writeback_bytes",
    "bytes of page cache being written",
    ({ usage }) => usage.memory.reclaim.writebackBytes,
  ),
  counter("memory_pgscan_total", "pages looked at for reclaim", ({ usage }) => usage.memory.reclaim.scannedPages),
  counter("memory_pgsteal_total", "pages reclaimed", ({ usage }) => usage.memory.reclaim.stolenPages),
  counter(
    "memory_workingset_refault_anon_total",
    "pages of programs that were reclaimed and soon needed again",
    ({ usage }) => usage.memory.reclaim.refaultedAnon,
  ),
  counter(
    "memory_workingset_refault_file_total",
    "pages of files that were reclaimed and soon needed again",
    ({ usage }) => usage.memory.reclaim.refaultedFile,
  ),
  labelled(counter("memory_failures_total", "page faults", nothing), ["failure_type", "scope"], readFaults),
  ...pressureMetrics("cpu", ({ usage }) => usage.cpu.pressure),
  ...pressureMetrics("memory", ({ usage }) => usage.memory.pressure),
  ...pressureMetrics("io", ({ usage }) => usage.io.pressure),
];

/** The kernel counts those of the cgroups below along, which a container has none of. */
function readFaults({ usage: { memory } }: UsageSample, take: TakeReading): void {
  for (const scope of ["container", "hierarchy"]) {
    take(memory.pageFaults, ["pgfault", scope]);
    take(memory.majorPageFaults, ["pgmajfault", scope]);
  }
}

function pressureMetrics(
  resource: string,
  pressureOf: (sample: UsageSample) => Pressure | undefined,
): readonly MetricDefinition<UsageSample>[] {
  const seconds = (micros: bigint | undefined): bigint | undefined => micros && micros / 1_000_000n;
  return [
    counter(`pressure_${resource}_stalled_seconds_total`, `time in which all tasks waited for ${resource}`, (sample) =>
      seconds(pressureOf(sample)?.full.totalMicros),
    ),
    counter(`pressure_${resource}_waiting_seconds_total`, `time in which some tasks waited for ${resource}`, (sample) =>
      seconds(pressureOf(sample)?.some.totalMicros),
    ),
  ];
}
