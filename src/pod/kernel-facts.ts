import type { Host } from "#host";
import type { CgroupPlace } from "#runtime";

/** What the kernel has, as far as it decides what a container can get. */
export interface KernelFacts {
  readonly hasApparmor: boolean;
  readonly hasSelinux: boolean;
  readonly hasSeccomp: boolean;
  readonly hasRdt: boolean;
  readonly hasHugetlb: CgroupPlace["hasHugetlb"];
  readonly hasSwapAccounting: CgroupPlace["hasSwapAccounting"];
}

/** Reads what does not change until the next boot. */
export async function readKernelFacts(host: Host): Promise<KernelFacts> {
  const exists = async (path: string): Promise<boolean> => (await host.files.stat(path)) !== undefined;
  const isV1 = host.cgroups.version === "v1";
  return {
    hasApparmor: await exists("/sys/kernel/security/apparmor"),
    hasSelinux: await exists("/sys/fs/selinux/enforce"),
    hasSeccomp: await exists("/proc/sys/kernel/seccomp/actions_avail"),
    hasRdt: await exists("/sys/fs/resctrl/schemata"),
    hasHugetlb: isV1 ? await exists("/sys/fs/cgroup/hugetlb") : await hasController(host, "hugetlb"),
    // On v2 the limit of a child always has a swap file beside it; the root has neither.
    hasSwapAccounting: isV1 ? await exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes") : true,
  };
}

async function hasController(host: Host, name: string): Promise<boolean> {
  return (await host.files.readText("/sys/fs/cgroup/cgroup.controllers")).trim().split(" ").includes(name);
}
