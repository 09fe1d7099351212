import type { PodContext } from "../context.ts";
import { runningContainer } from "./running.ts";

/**
 * Makes a running container's monitor write to a new file at the log path; the
 * old one was renamed by the caller.
 *
 * @throws Fault `wrong-state` when the container does not run
 */
export async function reopenLog(context: PodContext, id: string): Promise<void> {
  const { record, runtime, handle } = runningContainer(context, id);
  if (record.logPath !== "") await runtime.reopenLog(handle, record.logPath);
}
