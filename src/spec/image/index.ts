export { decodeImageDocument, type ImageConfig, type ImageDocument, maxImageConfigBytes } from "./config.ts";
export { type ChainId, chainIdsOf, digestOf, hexOf, imageIdOf, isDigest, parseDigest } from "./digest.ts";
export { type DockerArchiveImage, decodeDockerArchive, maxDockerArchiveBytes } from "./docker-archive.ts";
export {
  type Descriptor,
  decodeManifest,
  type Manifest,
  type ManifestIndex,
  maxManifestBytes,
  type PlatformDescriptor,
} from "./manifest.ts";
export {
  acceptedManifests,
  isImageConfigType,
  isLayerType,
} from "./media-types.ts";
export { formatPlatform, type NodePlatform, type Platform, platformRank } from "./platform.ts";
export { decodeRegistryProblem, maxRegistryProblemBytes } from "./registry-problem.ts";
