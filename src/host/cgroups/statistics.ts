import type { DeviceIo, Pressure } from "#spec";

/** What a cgroup and those below it have used: the part that is asked for all the time. */
export interface CgroupUsage {
  readonly cpu: { readonly usageNanos: bigint; readonly pressure: Pressure | undefined };
  readonly memory: CgroupMemoryUsage;
  /** Undefined where the kernel does not account for swap. */
  readonly swap: CgroupSwapUsage | undefined;
  readonly io: { readonly pressure: Pressure | undefined };
}

export interface CgroupMemoryUsage {
  /** All that is charged, the page cache included. */
  readonly usageBytes: bigint;
  /** Usage without the page cache that the kernel would drop first. */
  readonly workingSetBytes: bigint;
  /** Anonymous memory. */
  readonly rssBytes: bigint;
  readonly cacheBytes: bigint;
  readonly mappedFileBytes: bigint;
  readonly activeFileBytes: bigint;
  readonly inactiveFileBytes: bigint;
  readonly pageFaults: bigint;
  readonly majorPageFaults: bigint;
  readonly reclaim: CgroupReclaim;
  /** Undefined when nothing limits it. */
  readonly limitBytes: bigint | undefined;
  readonly pressure: Pressure | undefined;
}

/** What stands between memory and its being taken back; undefined where the kernel does not count it. */
export interface CgroupReclaim {
  /** Page cache that must be written before it can be dropped. */
  readonly dirtyBytes: bigint | undefined;
  readonly writebackBytes: bigint | undefined;
  readonly scannedPages: bigint | undefined;
  readonly stolenPages: bigint | undefined;
  /** Pages that were needed again soon after they had been taken. */
  readonly refaultedAnon: bigint | undefined;
  readonly refaultedFile: bigint | undefined;
}

export interface CgroupSwapUsage {
  readonly usageBytes: bigint;
  /** Undefined when nothing limits it. */
  readonly limitBytes: bigint | undefined;
}

/** The rest of what the kernel tells of a cgroup. */
export interface CgroupDetail {
  readonly cpu: CgroupCpuDetail;
  readonly memory: CgroupMemoryDetail;
  readonly devices: readonly NamedDeviceIo[];
  /** By size of the pages; empty where the kernel does not account for them. */
  readonly hugePages: readonly HugePageUsage[];
  readonly tasks: { readonly current: bigint; readonly limit: bigint | undefined };
}

/** A detail whose devices have only their numbers. */
export type UnnamedDetail = Omit<CgroupDetail, "devices"> & { readonly devices: readonly DeviceIo[] };

export interface NamedDeviceIo extends DeviceIo {
  /** `/dev/sda`; empty when the device has gone. */
  readonly name: string;
}

export interface HugePageUsage {
  /** As the kernel writes it: `2MB`. */
  readonly pageSize: string;
  readonly usageBytes: bigint;
  /** 0 where the kernel does not keep it. */
  readonly maxUsageBytes: bigint;
  /** Times that the limit was hit. */
  readonly failures: bigint;
}

export interface CgroupCpuDetail {
  readonly userNanos: bigint;
  readonly systemNanos: bigint;
  /** Periods of its quota; none are told of where it has no quota, whatever an earlier one counted. */
  readonly periods: bigint;
  readonly throttledPeriods: bigint;
  readonly throttledNanos: bigint;
  readonly bursts: bigint;
  readonly burstNanos: bigint;
  readonly periodMicros: bigint;
  /** Undefined when nothing limits it. */
  readonly quotaMicros: bigint | undefined;
  /** As cgroup v1 counts them: 1024 is one share of a processor. */
  readonly shares: bigint;
}

export interface CgroupMemoryDetail {
  /** 0 where the kernel does not keep it. */
  readonly maxUsageBytes: bigint;
  readonly kernelBytes: bigint;
  /** Times that the limit was hit. */
  readonly failures: bigint;
  readonly oomKills: bigint;
  /** Times that it was slowed down at its soft ceiling; undefined on v1, which has none. */
  readonly highEvents: bigint | undefined;
  /** Times that it came to its limit; undefined on v1, where `failures` says so. */
  readonly maxEvents: bigint | undefined;
  readonly softLimitBytes: bigint | undefined;
}
