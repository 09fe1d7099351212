import { removeContainer } from "../container/remove.ts";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { planRetention } from "./plan.ts";

/** Removes the ended containers that nobody will miss. What cannot be removed is tried again the next time. */
export async function applyRetention(context: PodContext, stops: ContainerStops): Promise<void> {
  const { containers, options, clock, logger } = context;
  for (const id of planRetention(containers.list(), options.retention, clock.nowNanos())) {
    try {
      await removeContainer(context, stops, id);
    } catch (error) {
      logger.warn("cannot remove a container that was replaced long ago", { containerId: id, error });
    }
  }
}
