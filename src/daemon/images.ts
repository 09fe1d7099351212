import { join } from "node:path";
import { type Config, readProxyEnvironment } from "#config";
import type { ImageOptions } from "#image";
import { parseProxyRules } from "#spec";

/** What the image room is told of the configuration and of the environment. @throws Fault `invalid` for a wrong proxy */
export function imageOptionsOf({ registry, images, state }: Config): ImageOptions {
  return {
    registryConfigDirs: registry.configDirs,
    registriesConf: registry.registriesConf,
    authFile: registry.authFile,
    proxies: parseProxyRules(readProxyEnvironment()),
    maxDownloads: images.maxConcurrentDownloads,
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
