import { type Digest, Fault } from "#foundation";
import { isDigest } from "./digest.ts";
import { type JsonObject, parseJsonObject, toCount, toList, toObject, toText, toTextMap } from "./fields.ts";
import { type ManifestKind, manifestKindOf } from "./media-types.ts";
import type { Platform } from "./platform.ts";

/** Most bytes that a manifest or an index may have; registries have the same limit. */
export const maxManifestBytes: number = 4 * 1024 * 1024;

const ociManifestType = "application/vnd.oci.image.manifest.v1+json";

/** Most layers: the kernel stacks 500, and one mount's options hold fewer. */
const maxLayers = 500;

/** A link to content. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface PlatformDescriptor extends Descriptor {
  readonly platform: Platform | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An image: its configuration and layers, bottom first. */
export interface Manifest {
  readonly kind: "manifest";
  /** As it says itself; OCI's, which alone need not, when it does not. */
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** One image for several platforms. */
export interface ManifestIndex {
  readonly kind: "index";
  readonly manifests: readonly PlatformDescriptor[];
}

/**
 * Reads an OCI or Docker schema 2 manifest, index or manifest list.
 *
 * The document's own media type goes before the response's; without both, its
 * members tell, because early OCI tools wrote none.
 *
 * @throws Fault `invalid` for a broken document, `unsupported` for schema 1 and unknown types
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 */
export function decodeManifest(bytes: Uint8Array, contentType: string): Manifest | ManifestIndex {
  const document = parseJsonObject(bytes, "manifest", maxManifestBytes);
  const kind = kindOf(document, contentType);
  if (kind === "schema1") {
    throw new Fault(
      "unsupported",
      "manifest has the retired Docker schema 1: push the image again with a current tool",
    );
  }
  return kind === "index" ? decodeIndex(document) : decodeImage(document);
}

function kindOf(document: JsonObject, contentType: string): ManifestKind {
  if (document["schemaVersion"] === 1) return "schema1";
  const own = toText(document["mediaType"], "manifest.mediaType");
  const kind = manifestKindOf(own === "" ? contentType : own);
  if (kind !== undefined) return kind;
  if (own !== "") throw new Fault("unsupported", `manifest has the unknown media type ${JSON.stringify(own)}`);
  if ("manifests" in document && !("layers" in document)) return "index";
  if ("config" in document && !("manifests" in document)) return "manifest";
  throw new Fault("unsupported", `manifest is of no known kind (content type ${JSON.stringify(contentType)})`);
}

function decodeImage(document: JsonObject): Manifest {
  const layers = toList(document["layers"], "manifest.layers");
  if (layers.length > maxLayers)
    throw new Fault("invalid", `manifest has ${layers.length} layers, more than ${maxLayers}`);
  const own = toText(document["mediaType"], "manifest.mediaType");
  return {
    kind: "manifest",
    mediaType: own === "" ? ociManifestType : own,
    config: decodeDescriptor(document["config"], "manifest.config"),
    layers: layers.map((layer, index) => decodeDescriptor(layer, `manifest.layers[${index}]`)),
    annotations: toTextMap(document["annotations"], "manifest.annotations"),
  };
}

function decodeIndex(document: JsonObject): ManifestIndex {
  const manifests = toList(document["manifests"], "index.manifests");
  return { kind: "index", manifests: manifests.map((entry, index) => decodeEntry(entry, `index.manifests[${index}]`)) };
}

function decodeEntry(value: unknown, what: string): PlatformDescriptor {
  const entry = toObject(value, what);
  return {
    ...decodeDescriptor(entry, what),
    platform: decodePlatform(entry["platform"], `${what}.platform`),
    annotations: toTextMap(entry["annotations"], `${what}.annotations`),
  };
}

function decodePlatform(value: unknown, what: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  const platform = toObject(value, what);
  return {
    os: toText(platform["os"], `${what}.os`),
    architecture: toText(platform["architecture"], `${what}.architecture`),
    variant: toText(platform["variant"], `${what}.variant`),
  };
}

/** @throws Fault `invalid` naming `what` */
export function decodeDescriptor(value: unknown, what: string): Descriptor {
  const descriptor = toObject(value, what);
  const digest = toText(descriptor["digest"], `${what}.digest`);
  if (!isDigest(digest)) throw new Fault("invalid", `${what}.digest ${JSON.stringify(digest)} is not a sha256 digest`);
  return {
    mediaType: toText(descriptor["mediaType"], `${what}.mediaType`),
    digest,
    sizeBytes: toCount(descriptor["size"], `${what}.size`),
  };
}
