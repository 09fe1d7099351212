/** What an image runs on, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Of the architecture: "v8"; empty when the document does not say. */
  readonly variant: string;
}

/** The node's own: images for another are refused. */
export interface NodePlatform {
  readonly os: "linux";
  readonly architecture: "amd64" | "arm64";
}

/** Variants that run on every node of the architecture, best first. */
const runnableVariants: Readonly<Record<NodePlatform["architecture"], readonly string[]>> = {
  amd64: ["", "v1"],
  arm64: ["v8", ""],
};

/**
 * How well a platform suits the node: 0 is best, undefined is not at all.
 *
 * amd64 v2 and above are left alone: a node need not have those instructions,
 * and images with such a variant carry a plain one too.
 */
export function platformRank(platform: Platform, node: NodePlatform): number | undefined {
  if (platform.os !== node.os || platform.architecture !== node.architecture) return undefined;
  const rank = runnableVariants[node.architecture].indexOf(platform.variant);
  return rank === -1 ? undefined : rank;
}

export function formatPlatform(platform: Platform | NodePlatform): string {
  const variant = "variant" in platform ? platform.variant : "";
  return [platform.os, platform.architecture, variant].filter((part) => part !== "").join("/");
}
