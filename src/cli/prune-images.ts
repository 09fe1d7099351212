import { isFault } from "#foundation";
import type { Image } from "#proto/cri/v1/runtime_pb.js";
import { forEach } from "./for-each.ts";
import { ImageLookup } from "./image-lookup.ts";
import type { Session } from "./session.ts";

export interface PruneOptions {
  /** Which of the unused images are meant. */
  readonly wanted: (image: Image) => boolean;
  /** Says what would go, and removes nothing. */
  readonly isDryRun: boolean;
}

/** Removes images that no container uses and that are not pinned. */
export async function pruneImages(session: Session, { wanted, isDryRun }: PruneOptions): Promise<void> {
  const { client, reading, terminal } = session;
  const lookup = new ImageLookup(session);
  const { containers } = await client.listContainers({}, reading);
  const used = await Promise.all(containers.map(({ image }) => lookup.find(image?.image ?? "")));
  const usedIds = new Set(used.map((image) => image?.id));
  const { images } = await client.listImages({}, reading);
  const unused = images.filter((image) => !image.pinned && !usedIds.has(image.id) && wanted(image));
  if (isDryRun) return await terminal.write(unused.map((image) => namesLine("Would delete", image)).join(""));
  await forEach(unused, (image) => removeUnlessUsed(session, image));
}

/** Removes an image and tells its names. */
export async function removeImage({ client, terminal, acting }: Session, image: Image): Promise<void> {
  await client.removeImage({ image: { image: image.id } }, acting());
  await terminal.write(namesLine("Deleted", image));
}

/** A container that came meanwhile may hold the image: then pruning has no claim on it. */
async function removeUnlessUsed(session: Session, image: Image): Promise<void> {
  try {
    await removeImage(session, image);
  } catch (error) {
    if (!isFault(error, "wrong-state") && !isFault(error, "busy")) throw error;
    session.terminal.say(`kept ${image.id}: ${error.message}`);
  }
}

/** One that has no name is told by its id. */
function namesLine(act: string, { id, repoTags, repoDigests }: Image): string {
  const names = [repoTags, repoDigests, [id]].find((known) => known.length > 0) ?? [];
  return names.map((name) => `${act}: ${name}\n`).join("");
}
