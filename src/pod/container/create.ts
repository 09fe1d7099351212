import { join } from "node:path";
import { allOrNothing, type ContainerId, Fault, type Leftover, newContainerId, type UndoStack } from "#foundation";
import type { Image } from "#image";
import { resolveStopSignal } from "#runtime";
import type { ContainerConfig } from "#spec";
import type { PodContext } from "../context.ts";
import { containerExists, sandboxNotReady } from "../faults.ts";
import { containersOf, getSandbox } from "../find.ts";
import { type ContainerRecord, describeLeftovers, type SandboxRecord, untilReboot } from "../records.ts";
import { letPodPass, ownersOf } from "../sandbox/user-namespace.ts";
import { actOnContainer, stagesOfContainer } from "../stage.ts";
import { mountImageVolumes } from "./image-volumes.ts";
import { mountMappedVolumes } from "./mapped-volumes.ts";
import { ensureMountSources } from "./mount-sources.ts";
import { markNeverRan } from "./phases.ts";
import { relabelVolumes } from "./relabel.ts";
import { removeContainer } from "./remove.ts";
import { buildSpec, resolveContainerUser } from "./spec.ts";
import type { ContainerStops } from "./stop.ts";
import { assertContainerConfig } from "./validate.ts";

/** Reason of a container whose making failed and could not be taken back whole: removing it finishes the job. */
const createError = "CreateError";

/** What names a container in the eyes of a client that repeats its request. */
export function creationKey(sandbox: SandboxRecord, { metadata }: ContainerConfig): string {
  return `${sandbox.id}/${metadata.name}/${metadata.attempt}`;
}

/**
 * Makes a container, or finds the one that an earlier request of the same name
 * and attempt made. To be run once a key at a time.
 */
export async function createContainer(
  context: PodContext,
  stops: ContainerStops,
  { sandbox, config }: { readonly sandbox: SandboxRecord; readonly config: ContainerConfig },
): Promise<ContainerId> {
  assertContainerConfig(config, sandbox.config);
  const existing = containersOf(context, sandbox).find(
    (record) => creationKey(sandbox, record.config) === creationKey(sandbox, config),
  );
  if (existing !== undefined) {
    if (!isUnfinished(existing)) {
      if (existing.status.phase !== "exited") return existing.id;
      throw containerExists(existing);
    }
    await removeContainer(context, stops, existing.id);
  }
  return await makeContainer(context, sandbox, config);
}

/**
 * Whether its making failed or was cut off, and could not be taken back whole.
 *
 * What is "creating" is made by nobody any more: of its failure not even the record could be written.
 */
function isUnfinished({ status, isDiscarded }: ContainerRecord): boolean {
  return (
    isDiscarded === true || status.phase === "creating" || (status.phase === "exited" && status.reason === createError)
  );
}

async function makeContainer(
  context: PodContext,
  sandbox: SandboxRecord,
  config: ContainerConfig,
): Promise<ContainerId> {
  if (sandbox.status.phase !== "ready") throw sandboxNotReady(sandbox);
  const image = getImage(context, config.image.image);
  const record = newRecord(context, { sandbox, config, image });
  await context.locks.run(record.id, () =>
    actOnContainer(context, record, "create", () =>
      allOrNothing(
        (undo) => prepareContainer(context, record, undo),
        (leftovers) => keepLeftovers(context, record, leftovers),
      ),
    ),
  );
  const { id, sandboxId } = record;
  context.logger.info("container created", { containerId: id, sandboxId, name: config.metadata.name });
  return id;
}

/** @throws Fault `not-found` */
export function getImage({ images }: PodContext, name: string): Image {
  const image = images.find(name);
  if (image === undefined) {
    throw new Fault("not-found", `image ${name}: not on this node`, { reason: { code: "pod.image-missing", name } });
  }
  return image;
}

/** The record of a container whose making begins. */
export function newRecord(
  context: PodContext,
  { sandbox, config, image }: { sandbox: SandboxRecord; config: ContainerConfig; image: Image },
): ContainerRecord {
  const { logDirectory } = sandbox.config;
  return {
    id: newContainerId(),
    sandboxId: sandbox.id,
    config,
    createdAtNanos: context.clock.nowNanos(),
    imageId: image.id,
    imageRef: image.repoDigests[0] ?? image.id,
    logPath: config.logPath === "" || logDirectory === "" ? "" : join(logDirectory, config.logPath),
    stopSignal: resolveStopSignal(config.stopSignal, image.config.stopSignal),
    user: undefined,
    status: { phase: "creating" },
  };
}

/**
 * Makes all of a container but its process: the runtime makes that at the
 * start, so that a command that is not there fails the start, as kubelet
 * expects, and a container that is only created costs no memory.
 */
async function prepareContainer(context: PodContext, record: ContainerRecord, undo: UndoStack): Promise<void> {
  const { host, snapshots, containers } = context;
  const sandbox = getSandbox(context, record.sandboxId);
  const owners = ownersOf(context, sandbox);
  const { id } = record;
  const { snapshotOptions: options } = context.handlers.of(sandbox);
  const { bundle, rootfs } = context.paths.container(id);
  const stage = stagesOfContainer(context, record);
  containers.insert(id, record);
  undo.push({ name: "forget container", run: () => void containers.remove(id, untilReboot) });
  await stage("check signature policy", () => assertImageAllowed(context, sandbox, record));
  await stage("check mount sources", () => ensureMountSources(context, record.config.mounts));
  await stage("label volumes", () => relabelVolumes(context, record.config));
  undo.push({ name: "remove bundle", holdsOlder: true, run: () => host.files.remove(bundle) });
  await stage("make bundle", () => host.files.makeDirectory(bundle, { mode: 0o700 }));
  await letPodPass(context, sandbox, bundle);
  await mountMappedVolumes(context, record, undo);
  await mountImageVolumes(context, record, undo);
  undo.push({ name: "remove snapshot", holdsOlder: true, run: () => snapshots.remove(id) });
  await stage("prepare snapshot", () => snapshots.prepare(id, getImage(context, record.imageId).layers, owners));
  undo.push({ name: "unmount root", holdsOlder: true, run: () => snapshots.unmount(rootfs) });
  await stage("mount root", () => snapshots.mount(id, rootfs, { owners, options }));
  const user = await stage("resolve user", () => resolveContainerUser(context, record, { root: rootfs }));
  const resolved = { ...record, user };
  // Built now to be refused now; the start builds it again, with what is true then.
  await stage("build configuration", () => buildSpec(context, sandbox, resolved));
  assertSandboxStillReady(context, record);
  containers.update(id, (old) => ({ ...old, user, status: { phase: "created" } }), untilReboot);
}

/** The policy may have changed since the pull, and the pull may have been for another namespace. */
export async function assertImageAllowed(
  context: PodContext,
  sandbox: SandboxRecord,
  { config, imageId }: ContainerRecord,
): Promise<void> {
  const { image, userSpecifiedImage } = config.image;
  const { namespace } = sandbox.config.metadata;
  const reference = userSpecifiedImage === "" ? image : userSpecifiedImage;
  await context.images.assertAllowed(imageId, { reference, namespace });
}

/** The sandbox may have been stopped meanwhile, and its remover waits for us. */
function assertSandboxStillReady(context: PodContext, { sandboxId }: ContainerRecord): void {
  const sandbox = getSandbox(context, sandboxId);
  if (sandbox.status.phase !== "ready") throw sandboxNotReady(sandbox);
}

function keepLeftovers(context: PodContext, record: ContainerRecord, leftovers: readonly Leftover[]): void {
  const message = describeLeftovers(leftovers);
  context.logger.error("cannot take back a container", { containerId: record.id, leftovers: message });
  markNeverRan(context, record, { reason: createError, message });
}
