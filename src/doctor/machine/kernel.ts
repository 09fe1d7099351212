import type { Finding } from "../types.ts";

/** What the kernel says that it has. */
export interface KernelFacts {
  readonly release: string;
  readonly cgroupVersion: "v1" | "v2";
  readonly fileSystems: ReadonlySet<string>;
  /** Those that are there for cgroups. */
  readonly controllers: ReadonlySet<string>;
  /** Kinds, as in /proc/self/ns. */
  readonly namespaces: ReadonlySet<string>;
  readonly maxUserNamespaces: number;
  readonly hasSeccomp: boolean;
}

const neededNamespaces = ["mnt", "net", "ipc", "uts", "pid"] as const;
const neededControllers = ["cpu", "cpuset", "memory", "pids"] as const;

/** What is missing of the kernel. Pure: the same facts give the same findings. */
export function planKernel(facts: KernelFacts): readonly Finding[] {
  return [
    ...planOverlay(facts),
    ...neededNamespaces.filter((kind) => !facts.namespaces.has(kind)).map(missingNamespace),
    ...neededControllers.filter((name) => !facts.controllers.has(name)).map((name) => missingController(name, facts)),
    ...planSeccomp(facts),
    ...planUserNamespaces(facts),
  ];
}

function planOverlay({ fileSystems, release }: KernelFacts): readonly Finding[] {
  if (fileSystems.has("overlay")) return [];
  return [
    {
      severity: "problem",
      where: "/proc/filesystems",
      what: "the kernel has no overlay file system loaded",
      why: "no container's root can be mounted",
      advice: `load it (modprobe overlay), and at each boot (/etc/modules-load.d); Linux ${release} must have been built with it`,
    },
  ];
}

function missingNamespace(kind: string): Finding {
  return {
    severity: "problem",
    where: `/proc/self/ns/${kind}`,
    what: `the kernel has no ${kind} namespaces`,
    why: "no pod can be made",
    advice: "run a kernel that was built with namespaces",
  };
}

function missingController(name: string, { cgroupVersion }: KernelFacts): Finding {
  const isV2 = cgroupVersion === "v2";
  return {
    severity: name === "cpuset" ? "warning" : "problem",
    where: isV2 ? "/sys/fs/cgroup/cgroup.controllers" : "/proc/cgroups",
    what: `the cgroup controller ${name} is not there`,
    why: `containers cannot be limited in ${name}, and those that ask for it do not start`,
    advice: isV2
      ? `enable it for this machine: it is off in the kernel (cgroup_disable=, cgroup_enable=${name}), or not delegated to here`
      : `enable it on the kernel's command line (cgroup_enable=${name}), and see that its hierarchy is mounted`,
  };
}

function planSeccomp({ hasSeccomp }: KernelFacts): readonly Finding[] {
  if (hasSeccomp) return [];
  return [
    {
      severity: "warning",
      where: "/proc/sys/kernel/seccomp",
      what: "the kernel has no seccomp",
      why: "containers run without the filter of system calls that they ask for",
      advice: "run a kernel that was built with CONFIG_SECCOMP_FILTER",
    },
  ];
}

function planUserNamespaces({ namespaces, maxUserNamespaces }: KernelFacts): readonly Finding[] {
  if (namespaces.has("user") && maxUserNamespaces > 0) return [];
  return [
    {
      severity: "warning",
      where: "/proc/sys/user/max_user_namespaces",
      what: "user namespaces are switched off",
      why: "pods with hostUsers: false are refused",
      advice: "raise the sysctl user.max_user_namespaces when such pods are wanted",
    },
  ];
}
