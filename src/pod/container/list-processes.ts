import type { ContainerProcess } from "#runtime";
import type { PodContext } from "../context.ts";
import { runningContainer } from "./running.ts";

/** The processes of a container that runs, by number; see `Engine.listProcesses`. */
export async function listProcesses(
  context: PodContext,
  id: string,
  signal: AbortSignal,
): Promise<readonly ContainerProcess[]> {
  const { runtime, handle } = runningContainer(context, id);
  return (await runtime.listProcesses(handle, { signal })).toSorted((one, other) => one.pid - other.pid);
}
