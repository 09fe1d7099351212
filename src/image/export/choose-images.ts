import type { Digest } from "#foundation";
import { Fault } from "#foundation";
import { formatReference, hexOf, parseReference } from "#spec";
import type { Lease } from "#store";
import type { ImageCatalog } from "../catalog.ts";
import type { Image } from "../types.ts";

/** An image that is to be exported; the lease holds what is kept of it. */
export interface ChosenImage {
  readonly image: Image;
  /** The names for the archive. */
  readonly names: readonly string[];
  readonly documents: readonly Digest[];
}

/** Finds the images that somebody names, each once, whatever its names. @throws Fault `not-found`, `invalid` for none */
export function chooseImages(names: readonly string[], catalog: ImageCatalog, lease: Lease): readonly ChosenImage[] {
  if (names.length === 0) throw new Fault("invalid", "no image is named");
  const chosen = new Map<string, ChosenImage>();
  for (const name of names) {
    const image = catalog.find(name);
    if (image === undefined) throw new Fault("not-found", `image ${name}: not on this node`);
    const documents = catalog.documentsOf(image.id);
    for (const digest of documents) lease.addBlob(digest);
    const added = tagsMeant(name, image);
    const known = chosen.get(image.id)?.names ?? [];
    chosen.set(image.id, { image, names: [...new Set([...known, ...added])], documents });
  }
  return [...chosen.values()];
}

/** Of an image that is named by a tag, this one; of any other, all. */
function tagsMeant(name: string, { id, repoTags }: Image): readonly string[] {
  if (id === name || hexOf(id).startsWith(name)) return repoTags;
  const asked = formatReference(parseReference(name));
  return repoTags.includes(asked) ? [asked] : repoTags;
}
