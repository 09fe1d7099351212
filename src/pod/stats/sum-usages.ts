import type { CgroupMemoryUsage, CgroupReclaim, CgroupUsage } from "#host";

type CountedMemory = Exclude<keyof CgroupMemoryUsage, "limitBytes" | "pressure" | "reclaim">;

const memoryCounts: readonly CountedMemory[] = [
  "usageBytes",
  "workingSetBytes",
  "rssBytes",
  "cacheBytes",
  "mappedFileBytes",
  "activeFileBytes",
  "inactiveFileBytes",
  "pageFaults",
  "majorPageFaults",
];

/** What several cgroups have used together. Limits and pressure are not things that add up. */
export function sumUsages(usages: readonly CgroupUsage[]): CgroupUsage {
  const memory = memoryCounts.map((key) => [key, sum(usages.map((usage) => usage.memory[key]))] as const);
  const swaps = usages.map(({ swap }) => swap).filter((swap) => swap !== undefined);
  return {
    cpu: { usageNanos: sum(usages.map(({ cpu }) => cpu.usageNanos)), pressure: undefined },
    memory: {
      ...(Object.fromEntries(memory) as Record<CountedMemory, bigint>),
      reclaim: sumReclaims(usages.map(({ memory: { reclaim } }) => reclaim)),
      limitBytes: undefined,
      pressure: undefined,
    },
    swap:
      swaps.length === 0
        ? undefined
        : { usageBytes: sum(swaps.map(({ usageBytes }) => usageBytes)), limitBytes: undefined },
    io: { pressure: undefined },
  };
}

/** What the kernel does not count of one is not known of all. */
function sumReclaims(reclaims: readonly CgroupReclaim[]): CgroupReclaim {
  const sumOf = (key: keyof CgroupReclaim): bigint | undefined => {
    const values = reclaims.map((reclaim) => reclaim[key]).filter((value) => value !== undefined);
    return values.length === 0 || values.length < reclaims.length ? undefined : sum(values);
  };
  return {
    dirtyBytes: sumOf("dirtyBytes"),
    writebackBytes: sumOf("writebackBytes"),
    scannedPages: sumOf("scannedPages"),
    stolenPages: sumOf("stolenPages"),
    refaultedAnon: sumOf("refaultedAnon"),
    refaultedFile: sumOf("refaultedFile"),
  };
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
