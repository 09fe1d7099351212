import { join } from "node:path";
import { type Digest, Fault, type ImageId } from "#foundation";
import { readPieces } from "#host";
import { type Descriptor, formatReference } from "#spec";
import type { Lease, StagedBlob } from "#store";
import { enterImage, keepDocuments } from "../pull/enter-image.ts";
import type { LayerSource } from "../pull/fetch-layer.ts";
import { fetchLayers } from "../pull/fetch-layers.ts";
import { PullProgress } from "../pull/progress.ts";
import type { PullDeps } from "../pull/pull-image.ts";
import type { ImportedImage } from "../types.ts";
import { type ArchiveImage, contentOf, readArchiveImages } from "./archive-images.ts";
import { ArchiveMembers } from "./members.ts";
import { receiveArchive } from "./receive-archive.ts";

/** So little unpacks to 32 MiB at most, which is in memory until it is written. */
const pieceBytes: number = 32 * 1024;
const maxMembers = 2000;
/** The files of a layout at its top; its content is below. */
const layoutNames = ["oci-layout", "index.json", "manifest.json"] as const;
const layoutBlobs = "blobs/sha256";

/**
 * Takes all images for this node out of an archive, or out of the directory of
 * an OCI layout: all of them, or none.
 *
 * @throws Fault `invalid`, `unsupported`, `exhausted`; `not-found` when there is no such file
 */
export async function importImages(
  path: string,
  deps: PullDeps,
  signal: AbortSignal,
): Promise<readonly ImportedImage[]> {
  const members = new ArchiveMembers(deps, { maxMembers, maxBytes: deps.options.maxLayerBytes });
  const lease = deps.store.lease();
  try {
    await receive(path, members, deps, signal);
    const images = await readArchiveImages(members, deps.node, signal);
    deps.pool.warm();
    const unpacked = [];
    for (const image of images) unpacked.push(await unpack(image, { members, lease }, deps, signal));
    await keepLayers(images, members, lease, deps);
    return unpacked.map((enter) => enter());
  } finally {
    lease.close();
    await members.discard();
  }
}

async function receive(path: string, members: ArchiveMembers, deps: PullDeps, signal: AbortSignal): Promise<void> {
  const found = await deps.files.stat(path);
  if (found === undefined) throw new Fault("not-found", "there is no such file");
  if (found.kind !== "directory") return receiveArchive(readPieces(path, pieceBytes), members, signal);
  const blobs = (await deps.files.list(join(path, layoutBlobs))).map((name) => `${layoutBlobs}/${name}`);
  for (const name of [...layoutNames, ...blobs]) {
    if ((await deps.files.stat(join(path, name)))?.kind !== "file") continue;
    await members.begin(name);
    for await (const piece of readPieces(join(path, name), pieceBytes)) {
      signal.throwIfAborted();
      await members.append(piece);
    }
    await members.end();
  }
}

/** Unpacks what is missing of an image; what it gives back enters the image, which cannot fail half way. */
async function unpack(
  { resolved, names, hasOwnManifest }: ArchiveImage,
  { members, lease }: { readonly members: ArchiveMembers; readonly lease: Lease },
  deps: PullDeps,
  signal: AbortSignal,
): Promise<() => ImportedImage> {
  const source = { of: (blob: Descriptor) => sourceOf(members, blob), lease, progress: new PullProgress() };
  const layers = await fetchLayers(resolved, source, deps, signal);
  await keepDocuments(resolved.documents, lease, deps.store);
  return () => {
    const enter = (name: ArchiveImage["names"][number] | undefined): ImageId =>
      enterImage({ resolved, layers, name, hasRepoDigest: hasOwnManifest }, deps);
    const ids = names.length === 0 ? [enter(undefined)] : names.map(enter);
    return { id: ids[0] as ImageId, names: names.map(formatReference) };
  };
}

/** A layer's file serves all layers of the same content, and goes with the archive's other files. */
function sourceOf(members: ArchiveMembers, blob: Descriptor): LayerSource {
  return {
    stage: async () => shared(contentOf(members, blob.digest).file),
    receive: async (received, onWritten) => onWritten(received.writtenBytes),
  };
}

function shared(file: StagedBlob): StagedBlob {
  const stays = async (): Promise<void> => undefined;
  const complete = (): Fault => new Fault("broken", "the content of an archive is complete");
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    writtenBytes: file.writtenBytes,
    section: () => {
      throw complete();
    },
    append: () => Promise.reject(complete()),
    flush: stays,
    commit: stays,
    discard: stays,
  };
}

async function keepLayers(
  images: readonly ArchiveImage[],
  members: ArchiveMembers,
  lease: Lease,
  { options }: PullDeps,
): Promise<void> {
  if (!options.keepBlobs) return;
  const digests = new Set<Digest>(
    images.flatMap(({ resolved }) => resolved.manifest.layers.map(({ digest }) => digest)),
  );
  for (const digest of digests) {
    lease.addBlob(digest);
    await contentOf(members, digest).file.commit(digest);
  }
}
