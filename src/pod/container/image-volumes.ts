import { dirname, join } from "node:path";
import { Fault, type ImageId, type UndoStack } from "#foundation";
import type { Image } from "#image";
import type { ContainerMount } from "#spec";
import type { PodContext } from "../context.ts";
import { imageVolumeFailed } from "../faults.ts";
import { getSandbox } from "../find.ts";
import type { ContainerRecord } from "../records.ts";
import { stagesOfContainer } from "../stage.ts";
import { mappedSources, mappingsOf, withOwners } from "./mapped-volumes.ts";

/** A mount whose source is a tree of image layers. */
interface ImageVolume {
  readonly mount: ContainerMount;
  /** The image's name or id. */
  readonly name: string;
  /** Where the image's tree is mounted on the node, whole. */
  readonly target: string;
}

/**
 * Mounts the images that a container has for volumes, read-only, and keeps
 * their layers for as long as the container is there, whoever removes the images.
 *
 * @throws Fault with reason `pod.image-volume-failed`
 */
export async function mountImageVolumes(context: PodContext, record: ContainerRecord, undo: UndoStack): Promise<void> {
  const volumes = imageVolumesOf(context, record);
  if (volumes.length === 0) return;
  const { holdings } = context;
  const ids = await assertVolumesAllowed(context, record, volumes);
  const images = volumes.map((volume, index) => findImage(context, volume, ids[index]));
  undo.push({ name: "release image volumes", run: () => holdings.release(ownerOf(record)) });
  // No wait between finding and holding: nobody can collect the layers in between.
  holdings.hold(ownerOf(record), { layers: [...new Set(images.flatMap(({ layers }) => layers))], blobs: [] });
  undo.push({ name: "unmount image volumes", holdsOlder: true, run: () => unmountImageVolumes(context, record) });
  await stagesOfContainer(context, record)("mount image volumes", async () => {
    for (const [index, volume] of volumes.entries()) {
      await naming(volume, () => mountView(context, record, { ...volume, layers: images[index]?.layers ?? [] }));
      await sourceOf(context, volume);
    }
  });
}

async function mountView(
  context: PodContext,
  record: ContainerRecord,
  { mount, target, layers }: ImageVolume & Pick<Image, "layers">,
): Promise<void> {
  const { snapshots } = context;
  const mappings = mappingsOf(mount);
  if (mappings === undefined) return await snapshots.mountView(layers, target);
  const sandbox = getSandbox(context, record.sandboxId);
  const path = `${target}.user`;
  await context.host.files.makeDirectory(dirname(target));
  await withOwners(context, { sandbox, mappings, path }, (owners) => snapshots.mountView(layers, target, owners));
}

/** Takes the mounts away; those that are not there are no fault. */
export async function unmountImageVolumes(context: PodContext, record: ContainerRecord): Promise<void> {
  for (const { target } of imageVolumesOf(context, record)) {
    await context.snapshots.unmount(target);
    await context.host.namespaces.unpin(`${target}.user`);
  }
}

/** Gives back the layers: the last step of a container's removal. */
export function releaseImageVolumes(context: PodContext, record: ContainerRecord): void {
  if (imageVolumesOf(context, record).length > 0) context.holdings.release(ownerOf(record));
}

/** The container's mounts with the host paths that they are made from: those of images and of mapped volumes are crisp's own. */
export async function withMountedSources(
  context: PodContext,
  record: ContainerRecord,
): Promise<readonly ContainerMount[]> {
  const sources = new Map(mappedSources(context, record));
  for (const volume of imageVolumesOf(context, record)) sources.set(volume.mount, await sourceOf(context, volume));
  return record.config.mounts.map((mount) => ({ ...mount, hostPath: sources.get(mount) ?? mount.hostPath }));
}

/** The same for a container that nobody makes: nothing is looked at, so that links in an image are not followed. */
export function plannedSources(context: PodContext, record: ContainerRecord): readonly ContainerMount[] {
  const sources = new Map(mappedSources(context, record));
  for (const { mount, target } of imageVolumesOf(context, record)) sources.set(mount, join(target, mount.imageSubPath));
  return record.config.mounts.map((mount) => ({ ...mount, hostPath: sources.get(mount) ?? mount.hostPath }));
}

function imageVolumesOf({ paths }: PodContext, { id, config }: ContainerRecord): readonly ImageVolume[] {
  const { bundle } = paths.container(id);
  return config.mounts.flatMap((mount, index) =>
    mount.image === undefined
      ? []
      : [{ mount, name: mount.image.image, target: join(bundle, "volumes", String(index)) }],
  );
}

/** One name for all of a container's volumes: they go together. */
function ownerOf({ id }: ContainerRecord): string {
  return `image volumes of container ${id}`;
}

/** Checks each image against the signature policy; returns their ids, since a name may come to mean another image meanwhile. */
function assertVolumesAllowed(
  context: PodContext,
  { sandboxId }: ContainerRecord,
  volumes: readonly ImageVolume[],
): Promise<readonly ImageId[]> {
  const { namespace } = getSandbox(context, sandboxId).config.metadata;
  return Promise.all(
    volumes.map((volume) =>
      naming(volume, async () => {
        const { id } = findImage(context, volume, volume.name);
        await context.images.assertAllowed(id, { reference: volume.name, namespace });
        return id;
      }),
    ),
  );
}

function findImage({ images }: PodContext, { mount, name }: ImageVolume, idOrName: string = name): Image {
  const image = images.find(idOrName);
  if (image !== undefined) return image;
  throw imageVolumeFailed(mount.containerPath, new Fault("not-found", `image ${name}: not on this node`));
}

/** Links in the image are followed as if its tree were the root: none leads to the node's files. */
function sourceOf({ host }: PodContext, volume: ImageVolume): Promise<string> {
  return naming(volume, async () => {
    const { imageSubPath } = volume.mount;
    if (imageSubPath === "") return volume.target;
    try {
      return await host.files.resolveInside(volume.target, imageSubPath);
    } catch (error) {
      throw Fault.within(`image_sub_path ${imageSubPath}`, error);
    }
  });
}

async function naming<T>({ mount }: ImageVolume, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw imageVolumeFailed(mount.containerPath, error);
  }
}
