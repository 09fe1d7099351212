import type { UndoStack } from "#foundation";
import type { PodContext } from "../context.ts";
import { type SandboxRecord, untilReboot } from "../records.ts";

/**
 * Makes the cgroup that the pod's containers go under, where kubelet has not
 * made it, and notes whether it is ours to remove. Slices are systemd's to make.
 */
export async function makeCgroupParent(context: PodContext, record: SandboxRecord, undo: UndoStack): Promise<void> {
  const { host, sandboxes, options } = context;
  const { id, cgroupParent } = record;
  if (options.cgroupDriver === "systemd") return;
  undo.push({ name: "remove cgroup", run: () => removeCgroupParent(context, sandboxes.get(id)) });
  const wasMissing = await host.cgroups.ensure(cgroupParent);
  const ownsCgroupParent = wasMissing || isSharedWithOwner(context, record);
  if (ownsCgroupParent) sandboxes.update(id, (old) => ({ ...old, ownsCgroupParent }), untilReboot);
}

/** Removes the pod's cgroup when it was ours to make; while others use it, or are about to, it stays. */
export async function removeCgroupParent({ host, sandboxes }: PodContext, record: SandboxRecord): Promise<void> {
  const isLast = sandboxes
    .list()
    .every(
      ({ id, cgroupParent, status }) =>
        id === record.id || cgroupParent !== record.cgroupParent || status.phase === "stopped",
    );
  if (record.ownsCgroupParent && isLast) await host.cgroups.removeEmpty(record.cgroupParent);
}

/** The last of several sandboxes under one parent removes it, whoever made it. */
function isSharedWithOwner({ options, sandboxes }: PodContext, { cgroupParent }: SandboxRecord): boolean {
  if (cgroupParent === options.cgroupParent) return true;
  return sandboxes.list().some((other) => other.cgroupParent === cgroupParent && other.ownsCgroupParent);
}
