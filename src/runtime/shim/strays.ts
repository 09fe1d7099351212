import { messageOf } from "#foundation";
import { killFound } from "../process-life.ts";
import type { ContainerRef } from "../types.ts";
import type { ShimContext } from "./options.ts";
import { runShimDelete } from "./shim-program.ts";

/**
 * Ends a shim that was started for a container and cannot be called: nobody knows its number, and it would stay for ever.
 *
 * It is among the processes that the shim's program left to us, and is in the bundle still, as the program was.
 */
export async function endStrays(context: ShimContext, container: ContainerRef): Promise<void> {
  const { host, logger } = context;
  // What one of them has started comes to us when it is dead.
  const pids = await killFound(host, () => host.processes.orphansIn(container.bundleDirectory));
  if (pids.length === 0) return;
  const facts = { containerId: container.id, pids };
  logger.warn("shim that cannot be called was killed", facts);
  try {
    await runShimDelete(context, container);
  } catch (error) {
    logger.warn("cannot clean up after a shim that cannot be called", { ...facts, error: messageOf(error) });
  }
}
