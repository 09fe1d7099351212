import { messageOf, together } from "#foundation";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { containersOf, findSandbox } from "../find.ts";
import { type SandboxRecord, type SandboxStatus, untilReboot } from "../records.ts";
import { actOnSandbox, stagesOfSandbox } from "../stage.ts";
import { unpinNamespaces } from "./namespaces.ts";
import { hasPodNetwork } from "./network.ts";
import { needsPause, removePause } from "./pause.ts";

/**
 * Ends all processes of a sandbox and gives back what it holds. Missing or stopped is success.
 *
 * From the first moment the sandbox is listed as not ready; it stays `stopping`
 * until the last step succeeded, and each further call does what is left.
 */
export async function stopSandbox(context: PodContext, stops: ContainerStops, id: string): Promise<void> {
  const found = findSandbox(context, id);
  if (found === undefined) return;
  await context.locks.run(found.id, async () => {
    const record = context.sandboxes.find(found.id);
    if (record === undefined || record.status.phase === "stopped") return;
    await actOnSandbox(context, record, "stop", () => takeDown(context, stops, record));
  });
}

async function takeDown(context: PodContext, stops: ContainerStops, record: SandboxRecord): Promise<void> {
  move(context, record, { phase: "stopping" });
  try {
    await releaseSandbox(context, stops, record);
  } catch (error) {
    move(context, record, { phase: "stopping", problem: messageOf(error) });
    context.stopRetries.failed(record.id);
    throw error;
  }
  move(context, record, { phase: "stopped" });
  context.stopRetries.succeeded(record.id);
  const { name, namespace } = record.config.metadata;
  context.logger.info("sandbox stopped", { sandboxId: record.id, name, namespace });
}

function move({ sandboxes }: PodContext, { id }: SandboxRecord, status: SandboxStatus): void {
  sandboxes.update(id, (old) => ({ ...old, status }), untilReboot);
}

/** Processes first: a network that cannot be taken down must not keep a pod running. Each step can be repeated. */
async function releaseSandbox(context: PodContext, stops: ContainerStops, record: SandboxRecord): Promise<void> {
  const { host, network, paths } = context;
  const stage = stagesOfSandbox(context, record);
  await endProcesses(context, stops, record);
  await together([
    async () => {
      if (hasPodNetwork(record)) await stage("detach network", () => network.detach(record.id));
      await stage("unpin namespaces", () => unpinNamespaces(context, record));
    },
    () => stage("unmount shm", () => host.mounts.unmount(paths.sandbox(record.id).shm)),
  ]);
}

/** A container that cannot be ended by itself, as when its shim does not answer, ends with what the pod stands on. */
async function endProcesses(context: PodContext, stops: ContainerStops, record: SandboxRecord): Promise<void> {
  const stage = stagesOfSandbox(context, record);
  const endContainers = async (): Promise<void> => {
    await Promise.all(containersOf(context, record).map((container) => stops.stop(container.id, 0)));
  };
  const endOwn = (): Promise<void> => stage("remove pause process", () => removePause(context, record));
  try {
    await stage("stop containers", endContainers);
  } catch (error) {
    if (!needsPause(context, record)) throw error;
    const facts = { sandboxId: record.id, error: messageOf(error) };
    context.logger.warn("containers of a sandbox cannot be stopped; what it stands on is ended first", facts);
    await endOwn();
    await stage("stop containers", endContainers);
    return;
  }
  await endOwn();
}
