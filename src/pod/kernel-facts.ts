import { type Logger, messageOf } from "#foundation";
import type { Host } from "#host";
import type { CgroupPlace } from "#runtime";
import { loadDefaultApparmor } from "./apparmor.ts";

/** What the kernel has, as far as it decides what a container can get. */
export interface KernelFacts {
  readonly hasApparmor: boolean;
  /** AppArmor profile of containers that name none; undefined where there is none, or it could not be loaded. */
  readonly defaultApparmor: string | undefined;
  readonly hasSelinux: boolean;
  readonly hasSeccomp: boolean;
  readonly hasRdt: boolean;
  readonly hasHugetlb: CgroupPlace["hasHugetlb"];
  readonly hasSwapAccounting: CgroupPlace["hasSwapAccounting"];
}

/** Reads what does not change until the next boot, and gives the kernel what containers need of it. */
export async function readKernelFacts(host: Host, logger: Logger): Promise<KernelFacts> {
  const exists = async (path: string): Promise<boolean> => (await host.files.stat(path)) !== undefined;
  const isV1 = host.cgroups.version === "v1";
  const hasApparmor = await exists("/sys/kernel/security/apparmor");
  return {
    hasApparmor,
    defaultApparmor: hasApparmor ? await loadIfPossible(host, logger) : undefined,
    hasSelinux: await exists("/sys/fs/selinux/enforce"),
    hasSeccomp: await exists("/proc/sys/kernel/seccomp/actions_avail"),
    hasRdt: await exists("/sys/fs/resctrl/schemata"),
    hasHugetlb: isV1 ? await exists("/sys/fs/cgroup/hugetlb") : await hasController(host, "hugetlb"),
    // On v2 the limit of a child always has a swap file beside it; the root has neither.
    hasSwapAccounting: isV1 ? await exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes") : true,
  };
}

/** A node whose AppArmor nobody uses runs pods all the same; whoever asks for the default profile by name is refused. */
async function loadIfPossible(host: Host, logger: Logger): Promise<string | undefined> {
  try {
    return await loadDefaultApparmor(host);
  } catch (error) {
    logger.warn("containers that name no AppArmor profile are not confined", { problem: messageOf(error) });
    return undefined;
  }
}

async function hasController(host: Host, name: string): Promise<boolean> {
  return (await host.files.readText("/sys/fs/cgroup/cgroup.controllers")).trim().split(" ").includes(name);
}
