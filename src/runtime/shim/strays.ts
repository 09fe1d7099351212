import { messageOf } from "#foundation";
import { killProcess } from "../process-life.ts";
import type { ContainerRef } from "../types.ts";
import type { ShimContext } from "./options.ts";
import { runShimDelete } from "./shim-program.ts";

/** More generations than a shim has. */
const mostPasses = 16;

/**
 * Ends a shim that was started for a container and cannot be called: nobody knows its number, and it would stay for ever.
 *
 * It is among the processes that the shim's program left to us, and is in the bundle still, as the program was.
 */
export async function endStrays(context: ShimContext, container: ContainerRef): Promise<void> {
  const { host, logger } = context;
  const pids: number[] = [];
  for (let pass = 0; pass < mostPasses; pass += 1) {
    // What one of them has started comes to us when it is dead.
    const strays = host.processes.orphansIn(container.bundleDirectory);
    if (strays.length === 0) break;
    for (const process of strays) await killProcess(host, process);
    pids.push(...strays.map(({ pid }) => pid));
  }
  if (pids.length === 0) return;
  const facts = { containerId: container.id, pids };
  logger.warn("shim that cannot be called was killed", facts);
  try {
    await runShimDelete(context, container);
  } catch (error) {
    logger.warn("cannot clean up after a shim that cannot be called", { ...facts, error: messageOf(error) });
  }
}
