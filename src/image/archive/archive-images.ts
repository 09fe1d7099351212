import { type Digest, Fault } from "#foundation";
import {
  type Descriptor,
  decodeDockerArchive,
  decodeManifest,
  digestOf,
  type ImageReference,
  isDigest,
  maxDockerArchiveBytes,
  maxManifestBytes,
  type NodePlatform,
  type PlatformDescriptor,
  parseReference,
  platformRank,
} from "#spec";
import { contentMismatch, sizeMismatch } from "../faults.ts";
import { type DocumentSource, type KeptDocument, type ResolvedImage, resolveImage } from "../pull/resolve-image.ts";
import type { ArchiveMembers, Member } from "./members.ts";

/** An image in an archive. */
export interface ArchiveImage {
  readonly resolved: ResolvedImage;
  /** Names with tag; an image may have none. */
  readonly names: readonly ImageReference[];
  /** Whether `resolved.digest` is of a document that its maker wrote, and a registry may have, too. */
  readonly hasOwnManifest: boolean;
}

const ociIndexName = "index.json";
const dockerManifestName = "manifest.json";
const ociIndexType = "application/vnd.oci.image.index.v1+json";
const dockerTypes = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar",
} as const;
/** What docker wrote once for an image without a name. */
const untagged = "<none>:<none>";
/** Where tools that build and save images write their whole names, the surest first. */
const nameAnnotations = ["io.containerd.image.name", "org.opencontainers.image.ref.name"] as const;

/**
 * The images of an archive that are for this node: of an OCI layout, or of what
 * `docker save` writes. An archive that is both is read as the former.
 *
 * @throws Fault `invalid` when it is neither, or broken; `unsupported` when its images are for other machines
 */
export async function readArchiveImages(
  members: ArchiveMembers,
  node: NodePlatform,
  signal: AbortSignal,
): Promise<readonly ArchiveImage[]> {
  const index = members.find(ociIndexName);
  if (index !== undefined) return readLayout(await members.read(index, maxManifestBytes), { members, node }, signal);
  const list = members.find(dockerManifestName);
  if (list !== undefined) return readDocker(await members.read(list, maxDockerArchiveBytes), { members, node }, signal);
  throw new Fault("invalid", `it is no archive of images: it has neither ${ociIndexName} nor ${dockerManifestName}`);
}

interface Reading {
  readonly members: ArchiveMembers;
  readonly node: NodePlatform;
}

async function readLayout(
  bytes: Buffer,
  { members, node }: Reading,
  signal: AbortSignal,
): Promise<readonly ArchiveImage[]> {
  const index = decodeManifest(bytes, ociIndexType);
  if (index.kind !== "index") throw new Fault("invalid", `${ociIndexName} is no index`);
  const source = new MemberDocuments(members);
  const images: ArchiveImage[] = [];
  for (const entry of index.manifests.filter((one) => mayRun(one, node))) {
    const resolved = await resolveImage(entry.digest, source, { node }, signal);
    images.push({ resolved, names: namesOf(entry), hasOwnManifest: true });
  }
  if (images.length === 0) throw new Fault("unsupported", "the archive has no image for this machine");
  return images;
}

/** What says nothing of its platform may be an index, or an image of this one: reading it tells. */
function mayRun({ platform }: PlatformDescriptor, node: NodePlatform): boolean {
  return platform === undefined || platformRank(platform, node) !== undefined;
}

/** A bare tag, which the layout's specification suggests, names no image by itself. */
function namesOf({ annotations }: PlatformDescriptor): readonly ImageReference[] {
  const name = nameAnnotations.map((key) => annotations[key] ?? "").find((text) => /[:/]/.test(text));
  return name === undefined ? [] : [parseReference(name)];
}

async function readDocker(
  bytes: Buffer,
  { members, node }: Reading,
  signal: AbortSignal,
): Promise<readonly ArchiveImage[]> {
  const images: ArchiveImage[] = [];
  for (const { config, layers, repoTags } of decodeDockerArchive(bytes)) {
    const manifest = manifestOf(
      memberOf(members, config),
      layers.map((layer) => memberOf(members, layer)),
    );
    const resolved = await resolveImage(manifest.digest, new MemberDocuments(members, manifest), { node }, signal);
    images.push({
      resolved,
      names: repoTags.filter((tag) => tag !== untagged).map(parseReference),
      hasOwnManifest: false,
    });
  }
  if (images.length === 0) throw new Fault("invalid", `${dockerManifestName} lists no image`);
  return images;
}

/** These archives have no manifest; ours says the same in the form that everything else reads. */
function manifestOf(config: Member, layers: readonly Member[]): KeptDocument {
  const link = (mediaType: string, { digest, sizeBytes }: Member): object => ({ mediaType, digest, size: sizeBytes });
  const document = {
    schemaVersion: 2,
    mediaType: dockerTypes.manifest,
    config: link(dockerTypes.config, config),
    layers: layers.map((layer) => link(dockerTypes.layer, layer)),
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(bytes), bytes };
}

function memberOf(members: ArchiveMembers, name: string): Member {
  const member = members.find(name);
  if (member === undefined) throw new Fault("invalid", `the archive has no file ${JSON.stringify(name)}`);
  return member;
}

/** Documents out of an archive, by their digests. */
class MemberDocuments implements DocumentSource {
  readonly #members: ArchiveMembers;
  readonly #made: KeptDocument | undefined;

  constructor(members: ArchiveMembers, made?: KeptDocument) {
    this.#members = members;
    this.#made = made;
  }

  async manifest(digest: string): Promise<KeptDocument & { readonly contentType: string }> {
    if (!isDigest(digest)) throw new Fault("invalid", `${digest} is no digest`);
    if (digest === this.#made?.digest) return { ...this.#made, contentType: "" };
    return { digest, bytes: await this.#read(digest, maxManifestBytes), contentType: "" };
  }

  async document({ digest, sizeBytes }: Descriptor, maxBytes: number): Promise<Buffer> {
    const bytes = await this.#read(digest, maxBytes);
    if (bytes.length !== sizeBytes) throw sizeMismatch("document", sizeBytes, bytes.length);
    return bytes;
  }

  async #read(digest: Digest, maxBytes: number): Promise<Buffer> {
    const bytes = await this.#members.read(contentOf(this.#members, digest), maxBytes);
    const actual = digestOf(bytes);
    if (actual !== digest) throw contentMismatch("document", digest, actual);
    return bytes;
  }
}

/** @throws Fault `invalid` when the archive does not have the content */
export function contentOf(members: ArchiveMembers, digest: Digest): Member {
  const member = members.findContent(digest);
  if (member === undefined) throw new Fault("invalid", `the archive has no content of digest ${digest}`);
  return member;
}
