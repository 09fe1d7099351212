import type { CgroupVersion } from "#host";
import type { IdMapping, OciIdMapping, OciLinux, OciNamespace, OciNamespaceType } from "#spec";
import type { ContainerNamespaces, NamespaceSource } from "./input.ts";

/**
 * Lists a container's namespaces; what is left out is the machine's.
 *
 * A cgroup namespace hides the machine's tree and is made where the version needs it: on v1 the runtime shows the
 * container its own part through bind mounts.
 */
export function listNamespaces(
  sources: ContainerNamespaces,
  cgroups: CgroupVersion,
  isPrivileged: boolean,
): readonly OciNamespace[] {
  return [
    ...(sources.user === undefined ? [] : [{ type: "user", path: sources.user.path } as const]),
    { type: "mount" },
    ...entry("pid", sources.pid),
    ...entry("network", sources.network),
    ...entry("ipc", sources.ipc),
    ...entry("uts", sources.uts),
    ...entry("cgroup", cgroups === "v2" && !isPrivileged ? "new" : "host"),
  ];
}

function entry(type: OciNamespaceType, source: NamespaceSource): readonly OciNamespace[] {
  if (source === "host") return [];
  return source === "new" ? [{ type }] : [{ type, path: source.path }];
}

/** The mappings of the user namespace, which runtimes want to know though they only join it. */
export function listMappings({ user }: Pick<ContainerNamespaces, "user">): Mappings {
  if (user === undefined) return {};
  return { uidMappings: user.mappings.uids.map(toOci), gidMappings: user.mappings.gids.map(toOci) };
}

type Mappings = Pick<OciLinux, "uidMappings" | "gidMappings">;

function toOci({ containerId, hostId, length }: IdMapping): OciIdMapping {
  return { containerID: containerId, hostID: hostId, size: length };
}
