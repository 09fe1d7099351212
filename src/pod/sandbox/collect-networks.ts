import type { PodContext } from "../context.ts";

/**
 * Gives back the network attachments of sandboxes of which there is no record
 * any more, as a power loss can leave them.
 *
 * Only where the operator says that the networks are crisp's alone are the plugins asked, too (CNI GC): they free every
 * address that is not on the list they are given, and another runtime's pods on the same network are not on it.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#garbage-collecting-a-network
 */
export async function collectNetworks({ network, sandboxes, options, logger }: PodContext): Promise<void> {
  try {
    for (const { sandboxId } of await network.attachments()) {
      // A record comes before its attachment and goes after it: without one nobody will attach or detach it.
      if (sandboxes.find(sandboxId) !== undefined) continue;
      await network.detach(sandboxId);
      logger.info("detached a sandbox of which there is no record", { sandboxId });
    }
    if (options.ownsNetworks) await network.collectGarbage(() => sandboxes.list().map(({ id }) => id));
  } catch (error) {
    logger.warn("cannot collect what is left of networks: it is tried again within the hour", { error });
  }
}
