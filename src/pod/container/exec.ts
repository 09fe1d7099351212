import type { ProcessSession } from "#spec";
import type { PodContext } from "../context.ts";
import type { ExecRequest, StreamOptions } from "../engine.ts";
import { movingContainer } from "./running.ts";

/**
 * Starts a command in a running container for a client that is there.
 *
 * @throws Fault `wrong-state` when the container does not run
 */
export async function exec(
  context: PodContext,
  request: ExecRequest,
  { signal }: StreamOptions,
): Promise<ProcessSession> {
  const { runtime, handle } = await movingContainer(context, request.containerId, signal);
  const { command, tty, stdin, stdout, stderr } = request;
  return await runtime.exec(handle, { command, tty, stdin, stdout, stderr }, { signal });
}
