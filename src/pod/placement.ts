import type { CgroupPlace, ContainerNamespaces, MachineFacts } from "#runtime";
import type { PodContext, PodOptions } from "./context.ts";
import type { SandboxRecord } from "./records.ts";
import { pinsOf } from "./sandbox/namespaces.ts";

/** The cgroup of a process of the pod, named by the id of its container or, for the pause process, of the sandbox. */
export function cgroupPlaceOf({ host, kernel, options }: PodContext, sandbox: SandboxRecord, id: string): CgroupPlace {
  const { cgroupParent } = sandbox;
  return {
    path: cgroupPathOf(options, cgroupParent, id),
    version: host.cgroups.version,
    driver: options.cgroupDriver,
    hasHugetlb: kernel.hasHugetlb,
    hasSwapAccounting: kernel.hasSwapAccounting,
  };
}

/** Where below a parent the cgroup of that id is: systemd's scopes have a prefix and an ending. */
export function cgroupPathOf({ cgroupDriver }: Pick<PodOptions, "cgroupDriver">, parent: string, id: string): string {
  return `${parent}/${cgroupDriver === "systemd" ? `crisp-${id}.scope` : id}`;
}

/** What the machine and the sandbox's handler can give to a container. */
export function machineFactsOf({ host, kernel, features, handlers }: PodContext, sandbox: SandboxRecord): MachineFacts {
  const found = features.get(handlers.of(sandbox).definition);
  return {
    ...host.machine,
    ...kernel,
    ...(found?.knownCapabilities === undefined ? {} : { knownCapabilities: found.knownCapabilities }),
    hasRecursiveReadonly: found?.hasRecursiveReadonlyMounts ?? false,
  };
}

/** The namespaces that all processes of the pod share; the node's where the pod has none of its own. */
export function sharedNamespacesOf(context: PodContext, sandbox: SandboxRecord): Omit<ContainerNamespaces, "pid"> {
  const { user, net, ipc, uts } = pinsOf(context, sandbox);
  const mappings = sandbox.config.security.namespaces.user;
  return {
    ...(user === undefined || mappings === undefined ? {} : { user: { path: user, mappings } }),
    network: net === undefined ? "host" : { path: net },
    ipc: ipc === undefined ? "host" : { path: ipc },
    uts: uts === undefined ? "host" : { path: uts },
  };
}
