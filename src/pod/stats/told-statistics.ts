import { deadline } from "#foundation";
import type { ContainerHandle, OciRuntime, RuntimeStatistics } from "#runtime";
import { handleOf } from "../container/phases.ts";
import type { PodContext } from "../context.ts";
import { getSandbox } from "../find.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";

/** Time for one answer: a machine that hangs must not hold up the statistics of the node. */
const answerMs = 2_000;

/** What a running container's runtime tells of it, which is needed where no cgroup of this machine has its processes. */
export async function askContainer(
  context: PodContext,
  record: ContainerRecord,
): Promise<RuntimeStatistics | undefined> {
  if (record.status.phase !== "running") return undefined;
  const { runtime } = context.handlers.of(getSandbox(context, record.sandboxId));
  return await ask(context, runtime, handleOf(context, record, record.status.process));
}

/** What a runtime that makes pods itself tells of a whole pod. */
export async function askSandbox(context: PodContext, record: SandboxRecord): Promise<RuntimeStatistics | undefined> {
  const { runtime } = context.handlers.of(record);
  if (runtime.sandboxKind !== "runtime" || record.status.phase !== "ready") return undefined;
  const { pause } = record.status;
  if (pause === undefined) return undefined;
  const bundleDirectory = context.paths.sandbox(record.id).pauseBundle;
  return await ask(context, runtime, { id: record.id, bundleDirectory, ...pause });
}

/** What cannot be had now is not known, and the rest of the node's still is: a failure is only noted. */
async function ask(
  { logger }: PodContext,
  runtime: OciRuntime,
  handle: ContainerHandle,
): Promise<RuntimeStatistics | undefined> {
  try {
    return await runtime.statistics?.(handle, { signal: deadline(answerMs) });
  } catch (error) {
    logger.debug("a runtime does not tell what it uses", { id: handle.id, error });
    return undefined;
  }
}
