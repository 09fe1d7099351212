import type { Config } from "#config";
import type { ImageOptions } from "#image";

/** What the image room is told of the configuration. */
export function imageOptionsOf({ registry, images }: Config): ImageOptions {
  return {
    registryConfigDirs: registry.configDirs,
    maxDownloads: images.maxConcurrentDownloads,
    noProgressTimeoutMs: images.noProgressTimeoutSeconds * 1_000,
    keepBlobs: images.keepBlobs,
    collectAfterMs: images.collectAfterSeconds * 1_000,
    pinnedImages: images.pinned,
  };
}
