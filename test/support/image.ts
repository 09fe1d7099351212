import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { busyboxLayer } from "./busybox.ts";
import { encodeTar, type TarEntry } from "./tar.ts";

export type ImageFormat = "oci" | "docker";

/** How an image's processes run: the parts of its configuration that tests vary. */
export interface ImageSettings {
  readonly env?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly stopSignal?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}

export interface ImageRecipe extends ImageSettings {
  /** @default "oci" */
  readonly format?: ImageFormat;
  /** Lowest first. @default busybox and its commands, in one layer */
  readonly layers?: Iterable<readonly TarEntry[]>;
  /** @default this machine's */
  readonly architecture?: string;
}

/** A content and its digest. */
export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A manifest or an index, with everything that it leads to. */
export interface BuiltImage {
  /** What a reference to the image resolves to: a manifest, or an index. */
  readonly top: Blob;
  /** Manifests below an index; empty when `top` is the manifest. */
  readonly manifests: readonly Blob[];
  /** Configurations and layers. */
  readonly blobs: readonly Blob[];
  /** Digest of this platform's configuration: the image's id in CRI. */
  readonly id: string;
}

const mediaTypes = {
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    index: "application/vnd.oci.image.index.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  },
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
} as const;

/** Builds an image of one platform. The same recipe gives the same digests. */
export function buildImage(recipe: ImageRecipe = {}): BuiltImage {
  const types = mediaTypes[recipe.format ?? "oci"];
  const layers: Blob[] = [];
  const diffIds: string[] = [];
  // One by one: the archives of a large image together need not fit into memory.
  for (const entries of recipe.layers ?? [busyboxLayer()]) {
    const tar = encodeTar(entries);
    diffIds.push(digestOf(tar));
    layers.push(blobOf(types.layer, gzipSync(tar, { level: 6 })));
  }
  const config = jsonBlob(types.config, configOf(recipe, diffIds));
  const manifest = manifestOf(types, config, layers);
  return { top: manifest, manifests: [], blobs: [config, ...layers], id: config.digest };
}

/** An image of one layer: what is sent of it, and the archive that this is said to unpack to. */
export function imageOfTar(sent: Buffer, unpacked: Buffer): BuiltImage {
  const types = mediaTypes.oci;
  const layer = blobOf(types.layer, sent);
  const config = jsonBlob(types.config, configOf({}, [digestOf(unpacked)]));
  const manifest = manifestOf(types, config, [layer]);
  return { top: manifest, manifests: [], blobs: [config, layer], id: config.digest };
}

/** Joins images of several architectures under one index; `id` is that of this machine's. */
export function buildIndex(recipes: readonly ImageRecipe[], format: ImageFormat = "oci"): BuiltImage {
  const parts = recipes.map((recipe) => ({
    architecture: recipe.architecture ?? machineArchitecture(),
    image: buildImage({ ...recipe, format }),
  }));
  const top = jsonBlob(mediaTypes[format].index, {
    schemaVersion: 2,
    mediaType: mediaTypes[format].index,
    manifests: parts.map(({ architecture, image }) => ({
      ...descriptorOf(image.top),
      platform: { architecture, os: "linux" },
    })),
  });
  const own = parts.find(({ architecture }) => architecture === machineArchitecture());
  return {
    top,
    manifests: parts.map(({ image }) => image.top),
    blobs: parts.flatMap(({ image }) => image.blobs),
    id: own?.image.id ?? "",
  };
}

/** This machine's architecture, as images name it. */
function machineArchitecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

/** `sha256:` and the hex digits of a content's hash. */
function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function configOf(recipe: ImageRecipe, diffIds: readonly string[]): unknown {
  const { env = ["PATH=/bin"], volumes = [] } = recipe;
  return {
    architecture: recipe.architecture ?? machineArchitecture(),
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      Env: env,
      Entrypoint: recipe.entrypoint,
      Cmd: recipe.cmd,
      User: recipe.user,
      WorkingDir: recipe.workingDir,
      StopSignal: recipe.stopSignal,
      Labels: recipe.labels,
      Volumes: volumes.length === 0 ? undefined : Object.fromEntries(volumes.map((volume) => [volume, {}])),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "test" })),
  };
}

function manifestOf(types: (typeof mediaTypes)[ImageFormat], config: Blob, layers: readonly Blob[]): Blob {
  return jsonBlob(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptorOf(config),
    layers: layers.map((layer) => descriptorOf(layer)),
  });
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  return blobOf(mediaType, Buffer.from(JSON.stringify(value)));
}

function blobOf(mediaType: string, bytes: Buffer): Blob {
  return { mediaType, digest: digestOf(bytes), bytes };
}

function descriptorOf(blob: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType: blob.mediaType, digest: blob.digest, size: blob.bytes.length };
}
