import type { PodContext } from "../context.ts";
import type { ContainerRecord } from "../records.ts";

/**
 * Gives back what a container without a process holds: the runtime's own state
 * with its cgroup, and the mounted root. Its files stay until it is removed.
 */
export async function releaseContainer(context: PodContext, { id, sandboxId }: ContainerRecord): Promise<void> {
  const { bundle, rootfs } = context.paths.container(id);
  const handler = context.sandboxes.find(sandboxId)?.handler ?? "";
  await context.handlers.get(handler).delete({ id, bundleDirectory: bundle }, { isForced: true });
  await context.snapshots.unmount(rootfs);
}
