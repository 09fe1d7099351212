import type { Command } from "commander";
import type { Image } from "#proto/cri/v1/runtime_pb.js";
import { misused } from "./faults.ts";
import { splitDigest, splitTag } from "./image-name.ts";
import { collect, parsePattern } from "./labels.ts";
import type { Session } from "./session.ts";

type ImageFilter = (images: readonly Image[]) => readonly Image[];

export interface ImageFlags {
  readonly filter?: readonly string[];
}

export function declareImageFilter(command: Command): void {
  command.option(
    "-f, --filter <condition>",
    "dangling=true|false, reference=PATTERN, before=IMAGE, since=IMAGE; may be given more than once",
    collect,
  );
}

/** The images of a name (all when it is empty) that pass the filters, sorted by name. */
export async function listImages(session: Session, name: string, flags: ImageFlags): Promise<readonly Image[]> {
  const filters = (flags.filter ?? []).map(parseFilter);
  const { images } = await session.client.listImages({ filter: { image: { image: name } } }, session.reading);
  const sorted = images.toSorted(compareImages);
  return filters.reduce<readonly Image[]>((chosen, filter) => filter(chosen), sorted);
}

function parseFilter(text: string): ImageFilter {
  const at = text.indexOf("=");
  const value = text.slice(at + 1);
  switch (text.slice(0, Math.max(at, 0))) {
    case "dangling":
      return danglingFilter(value);
    case "reference":
      return referenceFilter(parsePattern(value));
    case "before":
      return (images) => images.slice(indexOfImage(images, value) + 1);
    case "since":
      return (images) => images.slice(0, indexOfImage(images, value));
    default:
      throw misused(`filter ${JSON.stringify(text)}: use dangling=, reference=, before= or since=`);
  }
}

function danglingFilter(value: string): ImageFilter {
  if (value !== "true" && value !== "false") throw misused(`filter dangling=${value}: use true or false`);
  return (images) => images.filter(({ repoTags }) => (repoTags.length === 0) === (value === "true"));
}

function referenceFilter(pattern: RegExp): ImageFilter {
  return (images) =>
    images.filter(({ repoTags, repoDigests }) => {
      const names = [
        ...repoTags.map((tag) => splitTag(tag).name),
        ...repoDigests.map((text) => splitDigest(text).name),
      ];
      return names.some((name) => pattern.test(name));
    });
}

/** CRI tells no image's age: as in crictl, "before" and "since" go by the order of the list. */
function indexOfImage(images: readonly Image[], name: string): number {
  const index = images.findIndex(
    ({ id, repoTags, repoDigests }) =>
      repoTags.includes(name) || repoDigests.includes(name) || id === name || id.startsWith(`sha256:${name}`),
  );
  if (index < 0) throw misused(`filter: no image ${name} in the list`);
  return index;
}

function compareImages(a: Image, b: Image): number {
  const first = sortKey(a);
  const second = sortKey(b);
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function sortKey({ id, repoTags, repoDigests }: Image): string {
  return repoTags[0] ?? repoDigests[0] ?? id;
}
