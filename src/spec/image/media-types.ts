/** What a manifest-like document is. */
export type ManifestKind = "manifest" | "index" | "schema1";

const kinds: ReadonlyMap<string, ManifestKind> = new Map([
  ["application/vnd.oci.image.manifest.v1+json", "manifest"],
  ["application/vnd.docker.distribution.manifest.v2+json", "manifest"],
  ["application/vnd.oci.image.index.v1+json", "index"],
  ["application/vnd.docker.distribution.manifest.list.v2+json", "index"],
  ["application/vnd.docker.distribution.manifest.v1+json", "schema1"],
  ["application/vnd.docker.distribution.manifest.v1+prettyjws", "schema1"],
]);

/** Accept header for manifests: what crisp can read, nothing else. */
export const acceptedManifests: string = [...kinds]
  .filter(([, kind]) => kind !== "schema1")
  .map(([type]) => type)
  .join(", ");

/** Configuration documents of container images, as opposed to artifacts that only use the format. */
const configTypes: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
  "application/octet-stream",
]);

const layerTypes: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.oci.image.layer.v1.tar+zstd",
  "application/vnd.docker.image.rootfs.diff.tar",
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
  "application/vnd.docker.image.rootfs.diff.tar.zstd",
]);

/** The kind that a media type names; parameters and case do not count. */
export function manifestKindOf(mediaType: string): ManifestKind | undefined {
  return kinds.get(mediaType.split(";", 1)[0]?.trim().toLowerCase() ?? "");
}

export function isImageConfigType(mediaType: string): boolean {
  return configTypes.has(mediaType);
}

/** Whether it is a layer that a registry gives away: not foreign, encrypted, or part of an artifact. */
export function isLayerType(mediaType: string): boolean {
  return layerTypes.has(mediaType);
}
