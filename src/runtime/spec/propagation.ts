import type { MountEntry } from "#host";
import type { ContainerMount, OciLinux } from "#spec";
import { invalidField } from "../faults.ts";

/**
 * Checks that mounts can propagate between a host path and a container.
 *
 * A runtime would take the option and do nothing, so this is found out here.
 *
 * @throws Fault `invalid` when the file system of the host path is not mounted as shared, or for host-to-container, shared or slave
 */
export function assertPropagates(mount: ContainerMount, hostMounts: readonly MountEntry[]): void {
  const holder = findHolder(mount.hostPath, hostMounts);
  const wanted = mount.propagation === "bidirectional" ? ["shared:"] : ["shared:", "master:"];
  const tags = holder?.propagation ?? [];
  if (tags.some((tag) => wanted.some((prefix) => tag.startsWith(prefix)))) return;
  const kinds = mount.propagation === "bidirectional" ? "shared" : "shared or slave";
  throw invalidField(
    "mounts.propagation",
    `${mount.propagation} for ${mount.hostPath}: it is on the mount ${holder?.target ?? "/"}, which is not a ${kinds} mount`,
  );
}

/** What the container's root must be so that mounts below it can propagate as asked. */
export function rootPropagation(mounts: readonly ContainerMount[]): OciLinux["rootfsPropagation"] {
  if (mounts.some((mount) => mount.propagation === "bidirectional")) return "rshared";
  return mounts.some((mount) => mount.propagation === "host-to-container") ? "rslave" : undefined;
}

/** The mount that a path is on: of several at one target the last one made. */
function findHolder(path: string, mounts: readonly MountEntry[]): MountEntry | undefined {
  let best: MountEntry | undefined;
  for (const entry of mounts) {
    const isAbove = entry.target === "/" || path === entry.target || path.startsWith(`${entry.target}/`);
    if (isAbove && entry.target.length >= (best?.target.length ?? 0)) best = entry;
  }
  return best;
}
