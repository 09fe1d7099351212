import type { ImageId } from "#foundation";
import { type ImageReference, imageIdOf, repositoryOf } from "#spec";
import type { Layer, Lease, Store } from "#store";
import type { ImageCatalog } from "../catalog.ts";
import type { KeptSignatures } from "../signature/types.ts";
import type { KeptDocument, ResolvedImage } from "./resolve-image.ts";

/** An image of which everything is here. */
export interface CompleteImage {
  readonly resolved: ResolvedImage;
  readonly layers: readonly Layer[];
  /** Undefined for one that is known by its id only. */
  readonly name: ImageReference | undefined;
  /** Whether a registry may have it under `resolved.digest`. */
  readonly hasRepoDigest: boolean;
  /** The signatures that let it in, when some were asked for. */
  readonly signed?: KeptDocument | undefined;
}

/** Keeps an image's documents; the lease holds them until the image does. */
export async function keepDocuments(documents: readonly KeptDocument[], lease: Lease, store: Store): Promise<void> {
  for (const { digest, bytes } of documents) {
    lease.addBlob(digest);
    await store.blobs.put(digest, bytes);
  }
}

/** Enters an image into the catalog, under its name. */
export function enterImage(
  image: CompleteImage,
  { catalog, store }: { readonly catalog: ImageCatalog; readonly store: Pick<Store, "blobs"> },
): ImageId {
  const { resolved, layers, name, hasRepoDigest } = image;
  const { manifest, document, documents, digest } = resolved;
  const id = imageIdOf(manifest.config.digest);
  const repository = name === undefined ? undefined : repositoryOf(name);
  const layerBytes = layers.reduce((sum, { usage }) => sum + Number(usage.usedBytes), 0);
  catalog.add({
    id,
    tag: name === undefined || name.digest !== undefined ? undefined : `${repository}:${name.tag}`,
    repoDigest: repository === undefined || !hasRepoDigest ? undefined : `${repository}@${digest}`,
    config: document.config,
    ...(repository === undefined ? {} : signaturesOf(repository, image)),
    layers: layers.map(({ chainId }) => chainId),
    annotations: manifest.annotations,
    documents: [...documents, ...manifest.layers.filter((blob) => store.blobs.has(blob.digest))].map(
      (kept) => kept.digest,
    ),
    sizeBytes: documents.reduce((sum, { bytes }) => sum + bytes.length, layerBytes),
  });
  return id;
}

function signaturesOf(
  repository: string,
  { resolved, signed }: CompleteImage,
): { readonly signatures?: KeptSignatures } {
  const { digest: top, manifestDigest: manifest } = resolved;
  return signed === undefined ? {} : { signatures: { repository, top, manifest, document: signed.digest } };
}
