import type { PodContext } from "../context.ts";
import type { ContainerRecord } from "../records.ts";
import { unmountImageVolumes } from "./image-volumes.ts";
import { unmountMappedVolumes } from "./mapped-volumes.ts";

/**
 * Gives back what a container without a process holds: the runtime's own state
 * with its cgroup, and what is mounted for it. Its files stay until it is removed.
 */
export async function releaseContainer(context: PodContext, record: ContainerRecord): Promise<void> {
  const { id, sandboxId } = record;
  const { bundle, rootfs } = context.paths.container(id);
  const { runtime } = context.handlers.of(context.sandboxes.find(sandboxId) ?? { handler: "", definition: "" });
  await runtime.delete({ id, bundleDirectory: bundle }, { isForced: true });
  await unmountImageVolumes(context, record);
  await unmountMappedVolumes(context, record);
  // Last: recovery takes a root that is still mounted for a release that did not end.
  await context.snapshots.unmount(rootfs);
}
