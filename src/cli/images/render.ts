import type { Image } from "#proto/cri/v1/runtime_pb.js";
import { formatFacts } from "../facts.ts";
import { splitDigest, splitTag } from "../image-name.ts";
import { shortId } from "../short-id.ts";
import { formatSize } from "../size.ts";
import { formatTable } from "../table.ts";

export interface ImageListStyle {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly digests?: boolean;
  readonly pinned?: boolean;
  /** False with `--no-trunc`. */
  readonly trunc?: boolean;
}

/** The list of images as text; an image of several tags has a line for each. */
export function renderImages(images: readonly Image[], style: ImageListStyle): string {
  if (style.quiet === true) return images.map(({ id }) => `${id}\n`).join("");
  if (style.verbose === true) return images.map((image) => `${renderImage(image)}\n`).join("");
  return formatTable([toHeader(style), ...images.flatMap((image) => toRows(image, style))]);
}

function toHeader({ digests = false, pinned = false }: ImageListStyle): readonly string[] {
  return ["IMAGE", "TAG", ...(digests ? ["DIGEST"] : []), "IMAGE ID", "SIZE", ...(pinned ? ["PINNED"] : [])];
}

function toRows(image: Image, { digests = false, pinned = false, trunc = true }: ImageListStyle): readonly string[][] {
  const shown = trunc ? shortId : (text: string) => text;
  const { name, digest } = splitDigest(image.repoDigests[0]);
  const tags = image.repoTags.length === 0 ? [{ name, tag: "<none>" }] : image.repoTags.map(splitTag);
  return tags.map((tagged) => [
    tagged.name,
    tagged.tag,
    ...(digests ? [shown(digest)] : []),
    shown(image.id),
    formatSize(image.size),
    ...(pinned ? [String(image.pinned)] : []),
  ]);
}

function renderImage({ id, repoTags, repoDigests, size, uid, username, pinned }: Image): string {
  return formatFacts([
    ["ID", id],
    ...repoTags.map((tag) => ["RepoTags", tag] as const),
    ...repoDigests.map((digest) => ["RepoDigests", digest] as const),
    ["Size", size === 0n ? undefined : String(size)],
    ["Uid", uid === undefined ? undefined : String(uid.value)],
    ["Username", username],
    ["Pinned", pinned ? "true" : undefined],
  ]);
}
