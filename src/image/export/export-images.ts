import { openInPlace, openNewFile } from "#host";
import type { PullDeps } from "../pull/pull-image.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { chooseImages } from "./choose-images.ts";
import { type GatheredImage, ImageGatherer } from "./gather-image.ts";
import type { ExportedImage, ExportRequest } from "./types.ts";
import { writeArchive } from "./write-archive.ts";

/**
 * Writes images into an archive, from which they come with the ids that they have here.
 *
 * Everything is at hand and checked before the first byte is written: a pipe cannot take anything back.
 *
 * @throws Fault `not-found` for an image or a layer, `unavailable`, `exhausted`, `invalid` for a bad path
 */
export async function exportImages(
  { names, path, output, format }: ExportRequest,
  deps: PullDeps,
  signal: AbortSignal,
): Promise<readonly ExportedImage[]> {
  const lease = deps.store.lease();
  const gatherer = new ImageGatherer(deps);
  try {
    const chosen = chooseImages(names, deps.catalog, lease);
    const sink = output === "new" ? await openNewFile(path) : await openInPlace(path);
    try {
      const images: GatheredImage[] = [];
      for (const image of chosen) images.push(await gatherer.gather(image, signal));
      await writeArchive(images, format, new ArchiveWriter(sink, signal), signal);
      await sink.commit();
    } finally {
      await sink.discard();
    }
    return chosen.map(({ image, names: given }) => ({ id: image.id, names: given }));
  } finally {
    await gatherer.discard();
    lease.close();
  }
}
