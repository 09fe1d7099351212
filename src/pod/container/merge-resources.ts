import { type LinuxResources, noResources } from "#spec";

/** The limits after a change, in which zero and empty mean "as before". */
export function mergeResources(old: LinuxResources = noResources, change: LinuxResources): LinuxResources {
  return {
    cpuPeriod: change.cpuPeriod || old.cpuPeriod,
    cpuQuota: change.cpuQuota || old.cpuQuota,
    cpuShares: change.cpuShares || old.cpuShares,
    memoryLimitBytes: change.memoryLimitBytes || old.memoryLimitBytes,
    memorySwapLimitBytes: change.memorySwapLimitBytes || old.memorySwapLimitBytes,
    oomScoreAdj: change.oomScoreAdj || old.oomScoreAdj,
    cpusetCpus: change.cpusetCpus || old.cpusetCpus,
    cpusetMems: change.cpusetMems || old.cpusetMems,
    hugepageLimits: mergeHugepages(old.hugepageLimits, change.hugepageLimits),
    unified: { ...old.unified, ...change.unified },
  };
}

type HugepageLimits = LinuxResources["hugepageLimits"];

function mergeHugepages(old: HugepageLimits, change: HugepageLimits): HugepageLimits {
  const byPageSize = new Map(old.map((limit) => [limit.pageSize, limit]));
  for (const limit of change) {
    if (limit.limitBytes !== 0n || !byPageSize.has(limit.pageSize)) byPageSize.set(limit.pageSize, limit);
  }
  return [...byPageSize.values()];
}
