import type { Command } from "commander";
import { isFault } from "#foundation";
import type { Image } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { misused, noSuch } from "../faults.ts";
import { forEach } from "../for-each.ts";
import { ImageLookup } from "../image-lookup.ts";
import type { Session } from "../session.ts";

interface Flags {
  readonly all?: boolean;
  readonly prune?: boolean;
}

/** `crisp rmi` removes images, each with all its names: CRI knows no other way. */
export function declareRmi(command: Command, open: OpenSession): void {
  command
    .argument("[images...]", "names or ids of images")
    .option("-a, --all", "remove all images")
    .option("-q, --prune", "remove all images that no container uses and that are not pinned");
  command.action(async (names: readonly string[], flags: Flags) => {
    const session = await open();
    if (flags.prune === true) return prune(session);
    const images = flags.all === true ? await listAll(session) : await findAll(session, names);
    return forEach(images, (image) => remove(session, image));
  });
}

async function listAll({ client, reading }: Session): Promise<readonly Image[]> {
  return (await client.listImages({}, reading)).images;
}

async function findAll(session: Session, names: readonly string[]): Promise<readonly Image[]> {
  if (names.length === 0) throw misused("name at least one image, or use --all or --prune");
  const lookup = new ImageLookup(session);
  return Promise.all(
    names.map(async (name) => {
      const image = await lookup.find(name);
      if (image === undefined) throw noSuch("image", name);
      sayOtherNames(session, image, name);
      return image;
    }),
  );
}

/** Whoever names one tag may not know that the others go, too. */
function sayOtherNames({ terminal }: Session, { id, repoTags }: Image, name: string): void {
  const others = repoTags.filter((tag) => tag !== name);
  if (name === id || others.length === 0 || others.length === repoTags.length) return;
  terminal.say(`image ${name} has other names that are removed with it: ${others.join(", ")}`);
}

async function prune(session: Session): Promise<void> {
  const lookup = new ImageLookup(session);
  const { containers } = await session.client.listContainers({}, session.reading);
  const used = await Promise.all(containers.map(({ image }) => lookup.find(image?.image ?? "")));
  const usedIds = new Set(used.map((image) => image?.id));
  const unused = (await listAll(session)).filter(({ id, pinned }) => !pinned && !usedIds.has(id));
  await forEach(unused, (image) => removeUnlessUsed(session, image));
}

/** A container that came meanwhile may hold the image: then pruning has no claim on it. */
async function removeUnlessUsed(session: Session, image: Image): Promise<void> {
  try {
    await remove(session, image);
  } catch (error) {
    if (!isFault(error, "wrong-state") && !isFault(error, "busy")) throw error;
    session.terminal.say(`kept ${image.id}: ${error.message}`);
  }
}

async function remove({ client, terminal, acting }: Session, { id, repoTags, repoDigests }: Image): Promise<void> {
  await client.removeImage({ image: { image: id } }, acting());
  const names = repoTags.length > 0 ? repoTags : repoDigests;
  await terminal.write(names.map((name) => `Deleted: ${name}\n`).join(""));
}
