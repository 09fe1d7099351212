import type { Command } from "commander";
import { type Image, ImageSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { formatEntries, formatFacts } from "../facts.ts";
import { noSuch, nothingChosen } from "../faults.ts";
import { declareImageFilter, type ImageFlags, listImages } from "../image-list.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import type { Session } from "../session.ts";
import { formatSize } from "../size.ts";
import { joinDocuments, statusDocument } from "../status-document.ts";

type Flags = ImageFlags & { readonly output: OutputFormat; readonly quiet?: boolean; readonly name?: string };

interface ImageAnswer {
  readonly image: Image;
  readonly info: Readonly<Record<string, string>>;
}

/** `crisp inspecti` shows the status of images. */
export function declareInspectImage(command: Command, open: OpenSession): void {
  declareImageFilter(command);
  declareOutput(command, ["json", "yaml", "table"]);
  command
    .argument("[images...]", "names or ids of images; those that the flags choose when absent")
    .option("--name <image>", "only the image of this name")
    .option("-q, --quiet", "without the runtime's own details");
  command.action(async (names: readonly string[], flags: Flags) => {
    const session = await open();
    const chosen = names.length > 0 ? names : await choose(session, flags);
    const answers = await Promise.all(chosen.map((name) => ask(session, name, flags)));
    if (flags.output === "table") {
      await session.terminal.write(answers.map(renderImageStatus).join("\n"));
      return;
    }
    const documents = answers.map(({ image, info }) =>
      statusDocument({ status: messageToJson(ImageSchema, image) }, info),
    );
    await printDocument(session.terminal, joinDocuments(documents), flags.output);
  });
}

async function choose(session: Session, flags: Flags): Promise<readonly string[]> {
  const images = await listImages(session, flags.name ?? "", flags);
  if (images.length === 0) throw nothingChosen("image");
  return images.map(({ id }) => id);
}

async function ask({ client, reading }: Session, name: string, { quiet = false }: Flags): Promise<ImageAnswer> {
  const { image, info } = await client.imageStatus({ image: { image: name }, verbose: !quiet }, reading);
  if (image === undefined) throw noSuch("image", name);
  return { image, info };
}

function renderImageStatus({ image, info }: ImageAnswer): string {
  const { id, repoTags, repoDigests, size } = image;
  return (
    formatFacts([
      ["ID", id],
      ...repoTags.map((tag) => ["Tag", tag] as const),
      ...repoDigests.map((digest) => ["Digest", digest] as const),
      ["Size", formatSize(size)],
    ]) + formatEntries("Info", info)
  );
}
