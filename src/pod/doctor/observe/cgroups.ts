import type { PodContext } from "../../context.ts";
import type { ObservedCgroup } from "../plan/cgroups.ts";

/** Names that crisp gives to the cgroups of containers: their ids. */
const idPattern = /^[\da-f]{64}$/;

/** Looks below crisp's own cgroup, and those that pods came with. Where systemd makes cgroups, it also takes them away. */
export async function observeCgroups({ host, options, sandboxes }: PodContext): Promise<readonly ObservedCgroup[]> {
  if (options.cgroupDriver === "systemd") return [];
  const own = options.cgroupParent;
  const parents = new Set([own, ...sandboxes.list().map(({ cgroupParent }) => cgroupParent)]);
  const found = await Promise.all(
    [...parents].map(async (parent) => {
      const names = await host.cgroups.children(parent);
      return names.filter((name) => idPattern.test(name)).map((id) => ({ id, path: `${parent}/${id}`, parent }));
    }),
  );
  return found.flat().map(({ id, path, parent }) => ({
    id,
    path,
    processes: host.cgroups.processCount(path),
    isUnderOwnParent: parent === own,
  }));
}
