import { create } from "@bufbuild/protobuf";
import {
  HugepageLimitSchema,
  type LinuxContainerResources,
  LinuxContainerResourcesSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { LinuxResources } from "#spec";

/** Resource limits of a request; undefined when the request has none. */
export function resourcesFromProto(resources: LinuxContainerResources | undefined): LinuxResources | undefined {
  if (resources === undefined) return undefined;
  return {
    cpuPeriod: Number(resources.cpuPeriod),
    cpuQuota: Number(resources.cpuQuota),
    cpuShares: Number(resources.cpuShares),
    memoryLimitBytes: Number(resources.memoryLimitInBytes),
    memorySwapLimitBytes: Number(resources.memorySwapLimitInBytes),
    oomScoreAdj: Number(resources.oomScoreAdj),
    cpusetCpus: resources.cpusetCpus,
    cpusetMems: resources.cpusetMems,
    hugepageLimits: resources.hugepageLimits.map(({ pageSize, limit }) => ({ pageSize, limitBytes: limit })),
    unified: resources.unified,
  };
}

/** The same limits for a status. */
export function resourcesToProto(resources: LinuxResources): LinuxContainerResources {
  return create(LinuxContainerResourcesSchema, {
    cpuPeriod: BigInt(resources.cpuPeriod),
    cpuQuota: BigInt(resources.cpuQuota),
    cpuShares: BigInt(resources.cpuShares),
    memoryLimitInBytes: BigInt(resources.memoryLimitBytes),
    memorySwapLimitInBytes: BigInt(resources.memorySwapLimitBytes),
    oomScoreAdj: BigInt(resources.oomScoreAdj),
    cpusetCpus: resources.cpusetCpus,
    cpusetMems: resources.cpusetMems,
    hugepageLimits: resources.hugepageLimits.map(({ pageSize, limitBytes }) =>
      create(HugepageLimitSchema, { pageSize, limit: limitBytes }),
    ),
    unified: { ...resources.unified },
  });
}
