import { orAborted } from "#foundation";
import type { ContainerHandle, OciRuntime } from "#runtime";
import type { PodContext } from "../context.ts";
import { containerWrongPhase } from "../faults.ts";
import { getContainer, getSandbox } from "../find.ts";
import type { ContainerRecord } from "../records.ts";
import { handleOf } from "./phases.ts";

/** A container that runs, and the runtime that can act on it. */
export interface RunningContainer {
  readonly record: ContainerRecord;
  readonly runtime: OciRuntime;
  readonly handle: ContainerHandle;
}

/** @throws Fault `not-found` without the container, `wrong-state` when it does not run */
export function runningContainer(context: PodContext, id: string): RunningContainer {
  const record = getContainer(context, id);
  if (record.status.phase !== "running") throw containerWrongPhase(record, "running");
  const { runtime } = context.handlers.of(getSandbox(context, record.sandboxId));
  return { record, runtime, handle: handleOf(context, record, record.status.process) };
}

/**
 * The same once it does not stand still for a checkpoint: runtimes refuse commands in what stands still, and a probe would
 * take the refusal for the container's.
 *
 * @throws Fault as above; the signal's reason when it aborts first
 */
export async function movingContainer(context: PodContext, id: string, signal: AbortSignal): Promise<RunningContainer> {
  await orAborted(context.checkpoints.moving(getContainer(context, id).id), signal);
  return runningContainer(context, id);
}
