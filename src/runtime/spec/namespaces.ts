import type { CgroupVersion } from "#host";
import type { IdMapping, OciIdMapping, OciLinux, OciNamespace, OciNamespaceType } from "#spec";
import type { ContainerNamespaces, NamespaceSource } from "./input.ts";
import { Origins } from "./origins.ts";

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
  origins: Origins = new Origins(),
): readonly OciNamespace[] {
  const namespaces: readonly OciNamespace[] = [
    ...(sources.user === undefined ? [] : [{ type: "user", path: sources.user.path } as const]),
    { type: "mount" },
    ...entry("pid", sources.pid),
    ...entry("network", sources.network),
    ...entry("ipc", sources.ipc),
    ...entry("uts", sources.uts),
    ...entry("cgroup", cgroups === "v2" && !isPrivileged ? "new" : "host"),
  ];
  for (const { type } of namespaces) {
    const isOwn = type === "mount" || type === "cgroup";
    if (isOwn) origins.note(`linux.namespaces[${type}]`, "crisp", "every container has its own");
    else origins.note(`linux.namespaces[${type}]`, "request", "linux.security_context.namespace_options");
  }
  return namespaces;
}

function entry(type: OciNamespaceType, source: NamespaceSource): readonly OciNamespace[] {
  if (source === "host") return [];
  return source === "new" ? [{ type }] : [{ type, path: source.path }];
}

/** The mappings of the user namespace, which runtimes want to know though they only join it. */
export function listMappings({ user }: Pick<ContainerNamespaces, "user">, origins: Origins = new Origins()): Mappings {
  if (user === undefined) return {};
  const field = "linux.security_context.namespace_options.userns_options";
  for (const part of ["linux.uidMappings", "linux.gidMappings"]) origins.note(part, "request", field);
  return { uidMappings: user.mappings.uids.map(toOci), gidMappings: user.mappings.gids.map(toOci) };
}

type Mappings = Pick<OciLinux, "uidMappings" | "gidMappings">;

function toOci({ containerId, hostId, length }: IdMapping): OciIdMapping {
  return { containerID: containerId, hostID: hostId, size: length };
}
