import type { PodContext } from "../context.ts";
import { containerWrongPhase } from "../faults.ts";
import { getContainer, getSandbox } from "../find.ts";
import { handleOf } from "./phases.ts";

/**
 * Makes a running container's monitor write to a new file at the log path; the
 * old one was renamed by the caller.
 *
 * @throws Fault `wrong-state` when the container does not run
 */
export async function reopenLog(context: PodContext, id: string): Promise<void> {
  const record = getContainer(context, id);
  if (record.status.phase !== "running") throw containerWrongPhase(record, "running");
  if (record.logPath === "") return;
  const runtime = context.handlers.get(getSandbox(context, record.sandboxId).handler);
  await runtime.reopenLog(handleOf(context, record, record.status.process), record.logPath);
}
