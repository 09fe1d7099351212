import { together } from "#foundation";
import type { PodContext } from "../../context.ts";
import { getSandbox } from "../../find.ts";
import { type ContainerRecord, untilReboot } from "../../records.ts";
import { handleOf } from "../phases.ts";

/**
 * Gives back all that a checkpoint needed of the machine, however far it came: the container runs on, nothing is left but
 * the archive in its place. To be run in the container's turn; none is success.
 */
export async function endCheckpoint(context: PodContext, { id }: Pick<ContainerRecord, "id">): Promise<void> {
  const { files } = context.host;
  const record = context.containers.find(id);
  if (record?.checkpoint === undefined) return;
  const { temporary } = record.checkpoint;
  await together([
    () => letRunOn(context, record),
    () => files.remove(temporary),
    () => files.remove(context.paths.checkpoint(id)),
  ]);
  context.containers.update(id, (old) => ({ ...old, checkpoint: undefined }), untilReboot);
}

async function letRunOn(context: PodContext, record: ContainerRecord): Promise<void> {
  if (record.status.phase !== "running") return;
  const { runtime } = context.handlers.of(getSandbox(context, record.sandboxId));
  await runtime.resume(handleOf(context, record, record.status.process));
}
