import type { ProcessSession } from "#spec";
import type { PodContext } from "../context.ts";
import type { AttachRequest, StreamOptions } from "../engine.ts";
import { runningContainer } from "./running.ts";

/**
 * Joins the streams of a running container, those that it has.
 *
 * @throws Fault `wrong-state` when the container does not run
 */
export async function attach(
  context: PodContext,
  request: AttachRequest,
  { signal }: StreamOptions,
): Promise<ProcessSession> {
  const { runtime, handle, record } = runningContainer(context, request.containerId);
  const { hasTty, hasStdin } = record.config;
  const { stdin, stdout, stderr } = request;
  const wanted = { tty: hasTty, stdin: stdin && hasStdin, stdout, stderr: stderr && !hasTty };
  return await runtime.attach(handle, wanted, { signal });
}
