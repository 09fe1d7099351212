import type { PodContext } from "../context.ts";
import type { ExecSyncOptions, ExecSyncResult } from "../engine.ts";
import { movingContainer } from "./running.ts";

/**
 * Runs a command in a running container and collects what it writes.
 *
 * @throws Fault `wrong-state` when the container does not run: not an exit code, which a probe would believe
 * @throws Fault `timed-out` after killing all that the command started
 */
export async function execSync(context: PodContext, id: string, options: ExecSyncOptions): Promise<ExecSyncResult> {
  const { command, timeoutMs, signal } = options;
  const { runtime, handle } = await movingContainer(context, id, signal);
  return await runtime.execSync(handle, { command, timeoutMs }, { signal });
}
