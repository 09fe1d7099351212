import { join } from "node:path";
import type { Config } from "#config";
import type { ImageOptions } from "#image";
import type { ProxyRules } from "#spec";

/** What the image room is told of the configuration and of the environment. */
export function imageOptionsOf({ registry, images, state }: Config, proxies: ProxyRules): ImageOptions {
  return {
    registryConfigDirs: registry.configDirs,
    registriesConf: registry.registriesConf,
    authFile: registry.authFile,
    proxies,
    maxDownloads: images.maxConcurrentDownloads,
    rangeBytes: images.rangeMebibytes * 1_048_576,
    maxRangesPerLayer: images.maxRangesPerLayer,
    noProgressTimeoutMs: images.noProgressTimeoutSeconds * 1_000,
    keepBlobs: images.keepBlobs,
    collectAfterMs: images.collectAfterSeconds * 1_000,
    pinnedImages: images.pinned,
    signatures: {
      policyFile: images.signaturePolicy,
      policyDir: images.signaturePolicyDir,
      lookasideDirs: images.signatureLookasideDirs,
      scratchDirectory: join(state, "signatures"),
    },
  };
}
