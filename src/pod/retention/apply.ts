import { removeContainer } from "../container/remove.ts";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { planRetention } from "./plan.ts";

/** Time between two looks at what may go. */
const periodMs = 10 * 60_000;

/** Applies the policy now and then until it is closed, which waits for the removal that runs. */
export function keepRetention(context: PodContext, stops: ContainerStops): { close(): Promise<void> } {
  let applying = applyRetention(context, stops);
  const timer = setInterval(() => {
    applying = applying.then(() => applyRetention(context, stops));
  }, periodMs).unref();
  return {
    close: async () => {
      clearInterval(timer);
      await applying;
    },
  };
}

/** Removes the ended containers that nobody will miss. What cannot be removed is tried again the next time. */
async function applyRetention(context: PodContext, stops: ContainerStops): Promise<void> {
  const { containers, options, clock, logger } = context;
  for (const id of planRetention(containers.all().values(), options.retention, clock.nowNanos())) {
    try {
      await removeContainer(context, stops, id);
    } catch (error) {
      logger.warn("cannot remove a container that was replaced long ago", { containerId: id, error });
    }
  }
}
