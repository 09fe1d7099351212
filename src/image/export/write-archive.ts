import { assertNever } from "#foundation";
import { hexOf, parseReference } from "#spec";
import type { ArchiveWriter } from "./archive-writer.ts";
import type { GatheredImage } from "./gather-image.ts";
import { copyPacked, copyUnpacked } from "./layer-file.ts";
import type { ArchiveFormat } from "./types.ts";

const ociIndexType = "application/vnd.oci.image.index.v1+json";

/** Writes the archive of some images. Its table of contents comes last, as the layers are streamed. */
export async function writeArchive(
  images: readonly GatheredImage[],
  format: ArchiveFormat,
  archive: ArchiveWriter,
  signal: AbortSignal,
): Promise<void> {
  switch (format) {
    case "oci":
      await writeLayout(images, archive);
      break;
    case "docker":
      await writeDocker(images, archive, signal);
      break;
    default:
      assertNever(format, "archive format");
  }
  await archive.end();
}

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md */
async function writeLayout(images: readonly GatheredImage[], archive: ArchiveWriter): Promise<void> {
  await archive.document("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  for (const { resolved, layers } of images) {
    for (const layer of layers) {
      const { digest, sizeBytes } = layer.blob;
      await archive.file(blobPath(digest), sizeBytes, (append) => copyPacked(layer, append));
    }
    // An index leads to other machines' images, too, which are not here.
    const { documents, manifestDigest, manifest } = resolved;
    for (const { digest, bytes } of documents) {
      if (digest === manifestDigest || digest === manifest.config.digest)
        await archive.document(blobPath(digest), bytes);
    }
  }
  const manifests = images.flatMap(entriesOf);
  await archive.document("index.json", JSON.stringify({ schemaVersion: 2, mediaType: ociIndexType, manifests }));
}

/** One entry a name, for readers know one name an entry. */
function entriesOf({ resolved, names }: GatheredImage): readonly object[] {
  const { manifest, manifestDigest, documents, document } = resolved;
  const { os, architecture, variant } = document.platform;
  const entry = {
    mediaType: manifest.mediaType,
    digest: manifestDigest,
    size: documents.find(({ digest }) => digest === manifestDigest)?.bytes.length,
    ...(os === "" || architecture === ""
      ? {}
      : { platform: { architecture, os, ...(variant === "" ? {} : { variant }) } }),
  };
  if (names.length === 0) return [entry];
  // The whole name is containerd's addition; the specification has room for the tag.
  return names.map((name) => ({
    ...entry,
    annotations: {
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": parseReference(name).tag,
    },
  }));
}

/** @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format */
async function writeDocker(
  images: readonly GatheredImage[],
  archive: ArchiveWriter,
  signal: AbortSignal,
): Promise<void> {
  const list: object[] = [];
  for (const { resolved, names, layers } of images) {
    for (const layer of layers) {
      await archive.file(layerPath(layer.diffId), layer.tarBytes, (append) => copyUnpacked(layer, append, signal));
    }
    const { digest } = resolved.manifest.config;
    const config = `${hexOf(digest)}.json`;
    await archive.document(config, resolved.documents.find((one) => one.digest === digest)?.bytes ?? "");
    list.push({
      Config: config,
      RepoTags: names.length === 0 ? null : names,
      Layers: layers.map(({ diffId }) => layerPath(diffId)),
    });
  }
  await archive.document("manifest.json", JSON.stringify(list));
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function layerPath(diffId: Parameters<typeof hexOf>[0]): string {
  return `${hexOf(diffId)}/layer.tar`;
}
