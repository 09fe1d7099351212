import type { Command } from "commander";
import type { Image } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { misused, noSuch } from "../faults.ts";
import { forEach } from "../for-each.ts";
import { ImageLookup } from "../image-lookup.ts";
import { pruneImages, removeImage } from "../prune-images.ts";
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
    if (flags.prune === true) return pruneImages(session, { wanted: () => true, isDryRun: false });
    const images = flags.all === true ? await listAll(session) : await findAll(session, names);
    return forEach(images, (image) => removeImage(session, image));
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
