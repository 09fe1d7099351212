import { together } from "#foundation";
import type { PodContext } from "../context.ts";
import { findContainer } from "../find.ts";
import { type ContainerRecord, untilReboot } from "../records.ts";
import { actOnContainer, stagesOfContainer } from "../stage.ts";
import { endCheckpoint } from "./checkpoint/end.ts";
import { releaseImageVolumes } from "./image-volumes.ts";
import { releaseContainer } from "./release.ts";
import type { ContainerStops } from "./stop.ts";

/** Removes a container and all that is left of it, killing it first when it runs. Missing is success. */
export async function removeContainer(context: PodContext, stops: ContainerStops, id: string): Promise<void> {
  const record = findContainer(context, id);
  if (record === undefined) return;
  context.checkpoints.abandon(record.id, "its container is removed");
  await stops.stop(record.id, 0);
  await context.locks.run(record.id, async () => {
    // The one who held the lock before may have removed it.
    if (context.containers.find(record.id) === undefined) return;
    await actOnContainer(context, record, "remove", () => removeEnded(context, record));
  });
}

async function removeEnded(context: PodContext, record: ContainerRecord): Promise<void> {
  const stage = stagesOfContainer(context, record);
  await stage("release", async () => {
    if (!(await context.supervisor.wasReleased(record.id))) await releaseContainer(context, record);
  });
  await endCheckpoint(context, record);
  await together([
    () => stage("remove snapshot", () => context.snapshots.remove(record.id)),
    () => stage("remove bundle", () => context.host.files.remove(context.paths.container(record.id).bundle)),
  ]);
  releaseImageVolumes(context, record);
  context.containers.remove(record.id, untilReboot);
  context.supervisor.forget(record.id);
  const { sandboxId, config } = record;
  context.logger.info("container removed", { containerId: record.id, sandboxId, name: config.metadata.name });
}
