import { removeContainer } from "../container/remove.ts";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { containersOf, findSandbox } from "../find.ts";
import { type SandboxRecord, untilReboot } from "../records.ts";
import { actOnSandbox, stagesOfSandbox } from "../stage.ts";
import { removeCgroupParent } from "./cgroup.ts";
import { stopSandbox } from "./stop.ts";

/** Removes a sandbox with its containers, ending them first. Missing is success. */
export async function removeSandbox(context: PodContext, stops: ContainerStops, id: string): Promise<void> {
  const found = findSandbox(context, id);
  if (found === undefined) return;
  await stopSandbox(context, stops, found.id);
  await context.locks.run(found.id, async () => {
    const record = context.sandboxes.find(found.id);
    if (record === undefined) return;
    await actOnSandbox(context, record, "remove", () => removeStopped(context, stops, record));
  });
}

async function removeStopped(context: PodContext, stops: ContainerStops, record: SandboxRecord): Promise<void> {
  const { host, sandboxes, paths, logger } = context;
  const stage = stagesOfSandbox(context, record);
  await stage("remove containers", async () => {
    await Promise.all(containersOf(context, record).map((container) => removeContainer(context, stops, container.id)));
  });
  await stage("remove files", () => host.files.remove(paths.sandbox(record.id).directory));
  await stage("remove cgroup", () => removeCgroupParent(context, record));
  sandboxes.remove(record.id, untilReboot);
  const { name, namespace } = record.config.metadata;
  logger.info("sandbox removed", { sandboxId: record.id, name, namespace });
}
