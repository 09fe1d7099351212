import { createHash } from "node:crypto";
import { type Branded, type Digest, Fault, type ImageId } from "#foundation";

/** Names a stack of layers: the digest of all its diff ids, bottom first. */
export type ChainId = Branded<"ChainId">;

const sha256Pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a digest that crisp can check: sha256 is the only algorithm. */
export function isDigest(text: string): text is Digest {
  return sha256Pattern.test(text);
}

/**
 * Reads a digest.
 *
 * @throws Fault `invalid` for anything but sha256 in lower-case hex
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new Fault("invalid", `digest ${JSON.stringify(text)} is not sha256 and 64 hex digits`);
  return text;
}

/** The digest of bytes at hand. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest;
}

/** The digest of an image's configuration document is the image's id. */
export function imageIdOf(configDigest: Digest): ImageId {
  return configDigest as string as ImageId;
}

/** The hex digits of a digest. */
export function hexOf(digest: Digest | ImageId | ChainId): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/**
 * Names each layer by itself and all below it, bottom first.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-chainid
 */
export function chainIdsOf(diffIds: readonly Digest[]): readonly ChainId[] {
  const chain: ChainId[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push((below === undefined ? diffId : digestOf(`${below} ${diffId}`)) as string as ChainId);
  }
  return chain;
}
