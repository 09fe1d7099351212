import type { Digest } from "#foundation";
import {
  decodeImageDocument,
  decodeManifest,
  formatPlatform,
  type ImageDocument,
  isImageConfigType,
  isLayerType,
  type Manifest,
  type ManifestIndex,
  maxImageConfigBytes,
  type NodePlatform,
  type Platform,
  type PlatformDescriptor,
  platformRank,
} from "#spec";
import { inconsistentImage, noPlatform, notAnImage, sizeMismatch } from "../faults.ts";
import type { Repository } from "../registry/repository.ts";
import { type PullStage, untoldStage } from "./pull-stage.ts";

/** A document of an image, to be kept. */
export interface KeptDocument {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** Where the documents of an image come from. */
export type DocumentSource = Pick<Repository, "manifest" | "document">;

export interface ResolveContext {
  readonly node: NodePlatform;
  /** Told of each document that is asked for. @default nobody is told */
  readonly stage?: PullStage;
}

/** An image as its registry describes it for this node. */
export interface ResolvedImage {
  /** Digest of what the reference names: the index when there is one. */
  readonly digest: Digest;
  readonly manifest: Manifest;
  /** Digest of the manifest: not `digest` when that is an index. */
  readonly manifestDigest: Digest;
  readonly document: ImageDocument;
  /** Index, manifest and configuration. */
  readonly documents: readonly KeptDocument[];
}

/**
 * Fetches and checks all that describes an image: index, manifest for this node, configuration.
 *
 * @param wanted a tag or a digest
 * @throws Fault `unsupported` when it is for other machines, or no container image
 */
export async function resolveImage(
  wanted: string,
  repository: DocumentSource,
  { node, stage = untoldStage }: ResolveContext,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const top = await stage("manifest", "", () => repository.manifest(wanted, signal));
  const documents: KeptDocument[] = [top];
  let manifestDigest = top.digest;
  let manifest = await untoldStage("manifest", "", async () => decodeManifest(top.bytes, top.contentType));
  if (manifest.kind === "index") {
    const entry = chooseEntry(manifest, node);
    const chosen = await stage("manifest", entry.digest, () => repository.manifest(entry.digest, signal));
    if (chosen.bytes.length !== entry.sizeBytes) throw sizeMismatch("manifest", entry.sizeBytes, chosen.bytes.length);
    documents.push(chosen);
    manifest = decodeManifest(chosen.bytes, entry.mediaType);
    manifestDigest = chosen.digest;
  }
  if (manifest.kind === "index") throw notAnImage("the index names another index for this platform");
  assertContainerImage(manifest);
  const { config } = manifest;
  const bytes = await stage("config", config.digest, () => repository.document(config, maxImageConfigBytes, signal));
  documents.push({ digest: config.digest, bytes });
  const document = decodeImageDocument(bytes);
  assertFits(manifest, document, node);
  return { digest: top.digest, manifest, manifestDigest, document, documents };
}

/** The best entry for this node; the first of equals, since publishers put the preferred one first. */
function chooseEntry(index: ManifestIndex, node: NodePlatform): PlatformDescriptor {
  const ranked = index.manifests.flatMap((entry) => {
    const rank = entry.platform === undefined ? undefined : platformRank(entry.platform, node);
    return rank === undefined ? [] : [{ entry, rank }];
  });
  const best = ranked.toSorted((a, b) => a.rank - b.rank)[0];
  if (best !== undefined) return best.entry;
  throw noPlatform(formatPlatform(node), offeredBy(index));
}

/** Platforms of an index for a message; provenance records pass as "unknown/unknown". */
function offeredBy(index: ManifestIndex): readonly string[] {
  const platforms = index.manifests.map(({ platform }) => platform).filter((platform) => platform !== undefined);
  return [...new Set(platforms.filter(({ os }) => os !== "unknown").map(formatPlatform))];
}

function assertContainerImage({ config, layers }: Manifest): void {
  if (!isImageConfigType(config.mediaType)) {
    throw notAnImage(`it is no container image: its config has the type ${JSON.stringify(config.mediaType)}`);
  }
  for (const { digest, mediaType } of layers) {
    if (isLayerType(mediaType)) continue;
    throw notAnImage(`layer ${digest} is of a kind that cannot be unpacked: ${JSON.stringify(mediaType)}`);
  }
}

function assertFits(manifest: Manifest, { diffIds, platform }: ImageDocument, node: NodePlatform): void {
  if (diffIds.length !== manifest.layers.length) {
    throw inconsistentImage(`the manifest has ${manifest.layers.length} layers, the config ${diffIds.length}`);
  }
  // Old tools left the platform out.
  const isStated = platform.os !== "" && platform.architecture !== "";
  if (isStated && !isSameMachine(platform, node)) throw noPlatform(formatPlatform(node), [formatPlatform(platform)]);
}

function isSameMachine(platform: Platform, node: NodePlatform): boolean {
  return platform.os === node.os && platform.architecture === node.architecture;
}
