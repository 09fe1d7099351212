import { gunzipSync } from "node:zlib";
import type { BuiltImage } from "./image.ts";
import type { TarEntry } from "./tar.ts";

/** The files of an OCI layout with these images, each under its name. */
export function layoutFiles(images: readonly { readonly name?: string; readonly image: BuiltImage }[]): TarEntry[] {
  const contents = images.flatMap(({ image }) => [image.top, ...image.manifests, ...image.blobs]);
  const blobs = new Map(contents.map(({ digest, bytes }) => [digest, bytes]));
  const index = {
    schemaVersion: 2,
    manifests: images.map(({ name, image: { top } }) => ({
      mediaType: top.mediaType,
      digest: top.digest,
      size: top.bytes.length,
      ...(name === undefined ? {} : { annotations: { "org.opencontainers.image.ref.name": name } }),
    })),
  };
  return [
    { path: "oci-layout", kind: "file", body: '{"imageLayoutVersion":"1.0.0"}' },
    ...[...blobs].map(([digest, body]): TarEntry => ({ path: blobPath(digest), kind: "file", body })),
    // Last, as a writer that streams has to.
    { path: "index.json", kind: "file", body: JSON.stringify(index) },
  ];
}

/** What `docker save` wrote before it wrote layouts: layers unpacked, in directories, equal ones as links. */
export function dockerArchiveFiles(image: BuiltImage, repoTags: readonly string[] | null): TarEntry[] {
  const [config, ...layers] = image.blobs;
  const configName = `${config?.digest.slice("sha256:".length) ?? ""}.json`;
  const first = new Map<string, string>();
  const entries = layers.map(({ digest, bytes }, at): TarEntry => {
    const path = `layer-${at}/layer.tar`;
    const same = first.get(digest);
    if (same === undefined) first.set(digest, path);
    return same === undefined
      ? { path, kind: "file", body: gunzipSync(bytes) }
      : { path, kind: "symlink", target: `../${same}` };
  });
  const manifest = [{ Config: configName, RepoTags: repoTags, Layers: entries.map(({ path }) => path) }];
  return [
    ...entries,
    { path: configName, kind: "file", body: config?.bytes ?? "" },
    { path: "manifest.json", kind: "file", body: JSON.stringify(manifest) },
  ];
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
