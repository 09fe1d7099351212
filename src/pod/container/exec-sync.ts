import type { PodContext } from "../context.ts";
import type { ExecSyncOptions, ExecSyncResult } from "../engine.ts";
import { containerWrongPhase } from "../faults.ts";
import { getContainer, getSandbox } from "../find.ts";
import { handleOf } from "./phases.ts";

/**
 * Runs a command in a running container and collects what it writes.
 *
 * @throws Fault `wrong-state` when the container does not run: not an exit code, which a probe would believe
 * @throws Fault `timed-out` after killing all that the command started
 */
export async function execSync(context: PodContext, id: string, options: ExecSyncOptions): Promise<ExecSyncResult> {
  const record = getContainer(context, id);
  if (record.status.phase !== "running") throw containerWrongPhase(record, "running");
  const runtime = context.handlers.get(getSandbox(context, record.sandboxId).handler);
  const { command, timeoutMs, signal } = options;
  return await runtime.execSync(handleOf(context, record, record.status.process), { command, timeoutMs }, { signal });
}
