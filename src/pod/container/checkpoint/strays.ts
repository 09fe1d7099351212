import { join } from "node:path";
import { type ContainerId, messageOf } from "#foundation";
import type { PodContext } from "../../context.ts";

/** Removes what checkpoints have left of which no record tells: records can be lost, and the memory of containers is large. */
export async function removeStrayCheckpoints(context: PodContext, directory: string): Promise<void> {
  const { host, containers, locks, logger } = context;
  for (const name of await host.files.list(directory)) {
    try {
      await locks.run(name, async () => {
        if (containers.find(name as ContainerId)?.checkpoint === undefined)
          await host.files.remove(join(directory, name));
      });
    } catch (error) {
      logger.warn("cannot remove what a checkpoint has left", { name, error: messageOf(error) });
    }
  }
}
