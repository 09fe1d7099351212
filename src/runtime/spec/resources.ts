import type { LinuxResources, OciResources } from "#spec";
import { invalidField, unsupportedField } from "../faults.ts";
import type { CgroupPlace } from "./input.ts";
import { Origins } from "./origins.ts";

/**
 * Translates limits to the OCI section; zero and empty mean "no limit of this kind".
 *
 * The numbers stay cgroup v1's: OCI runtimes turn shares into a weight on v2 themselves.
 *
 * @throws Fault `invalid` for numbers that contradict one another
 * @throws Fault `unsupported` when the machine lacks the controller that a limit needs
 */
export function translateResources(
  asked: LinuxResources,
  cgroup: CgroupPlace,
  origins: Origins = new Origins(),
): OciResources {
  const memory = translateMemory(asked, cgroup);
  const cpu = translateCpu(asked);
  const hugepageLimits = translateHugepages(asked, cgroup);
  const unified = translateUnified(asked, cgroup);
  const resources: OciResources = {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(hugepageLimits.length === 0 ? {} : { hugepageLimits }),
    ...(Object.keys(unified).length === 0 ? {} : { unified }),
  };
  for (const name of Object.keys(resources)) origins.note(`linux.resources.${name}`, "request", "linux.resources");
  return resources;
}

function translateMemory(asked: LinuxResources, cgroup: CgroupPlace): OciResources["memory"] {
  const { memoryLimitBytes: limit, memorySwapLimitBytes: askedSwap } = asked;
  if (limit < 0) throw invalidField("memory_limit_in_bytes", `${limit} is negative`);
  if (askedSwap > 0 && limit > askedSwap) {
    throw invalidField(
      "memory_swap_limit_in_bytes",
      `${askedSwap} is below the memory limit ${limit}, which it includes`,
    );
  }
  if (limit === 0 && askedSwap === 0) return undefined;
  // Without a word on swap a container with a memory limit gets none: the field's rule, which kubelet relies on.
  const swap = askedSwap === 0 ? limit : askedSwap;
  return {
    ...(limit === 0 ? {} : { limit }),
    ...(cgroup.hasSwapAccounting ? { swap } : {}),
  };
}

function translateCpu(asked: LinuxResources): OciResources["cpu"] {
  if (asked.cpuShares < 0) throw invalidField("cpu_shares", `${asked.cpuShares} is negative`);
  const cpu = {
    ...(asked.cpuShares === 0 ? {} : { shares: asked.cpuShares }),
    ...(asked.cpuQuota === 0 ? {} : { quota: asked.cpuQuota }),
    ...(asked.cpuPeriod === 0 ? {} : { period: asked.cpuPeriod }),
    ...(asked.cpusetCpus === "" ? {} : { cpus: asked.cpusetCpus }),
    ...(asked.cpusetMems === "" ? {} : { mems: asked.cpusetMems }),
  };
  return Object.keys(cpu).length === 0 ? undefined : cpu;
}

/** kubelet sends a limit of zero for every page size of the node, also where there is no controller. */
function translateHugepages(asked: LinuxResources, cgroup: CgroupPlace): NonNullable<OciResources["hugepageLimits"]> {
  const { hugepageLimits } = asked;
  if (cgroup.hasHugetlb) return hugepageLimits.map(({ pageSize, limitBytes }) => ({ pageSize, limit: limitBytes }));
  const wanted = hugepageLimits.find(({ limitBytes }) => limitBytes !== 0n);
  if (wanted === undefined) return [];
  throw unsupportedField(
    "hugepage_limits",
    `the machine has no hugetlb cgroup controller to grant ${wanted.limitBytes} bytes of ${wanted.pageSize} pages`,
  );
}

function translateUnified(asked: LinuxResources, cgroup: CgroupPlace): Readonly<Record<string, string>> {
  if (cgroup.version === "v2") return asked.unified;
  const [first] = Object.keys(asked.unified);
  if (first === undefined) return {};
  throw unsupportedField("unified", `${first} is a cgroup v2 file, and the machine uses cgroup v1`);
}
