import { messageOf } from "#foundation";
import { isRefusal, isSilence } from "./faults.ts";
import { endShim } from "./join-shim.ts";
import type { ShimContext } from "./options.ts";
import { impatient, killTask, type ShimTask } from "./task.ts";

const sigkill = 9;

/**
 * Signals a container's first process, or all; false when there is nobody to signal.
 *
 * SIGKILL ends it for certain: a shim that refuses, and was started for this container, is ended itself, and one that does
 * not answer also when it has other containers, of which nobody knows anything any more. Their ends are told as lost.
 */
export async function killContainer(
  context: ShimContext,
  task: ShimTask,
  signal: number,
  target: "init" | "all",
): Promise<boolean> {
  if (signal !== sigkill) return await killTask(context, task, signal, target);
  try {
    return await killTask(impatient(context), task, signal, target);
  } catch (error) {
    const isUseless = isSilence(error) || (task.state.isOwner && isRefusal(error));
    if (!isUseless) throw error;
    await killShim(context, task, error);
    return true;
  }
}

/** Ends a shim that does not do its part, with all that it has. */
export async function killShim(context: ShimContext, { id, state }: ShimTask, why: unknown): Promise<void> {
  const facts = { containerId: id, pid: state.process.pid, error: messageOf(why) };
  context.logger.warn("shim does not do its part and is killed", facts);
  await endShim(context, state);
}
