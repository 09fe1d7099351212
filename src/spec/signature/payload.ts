import { type Digest, Fault } from "#foundation";
import { isDigest } from "../image/digest.ts";
import { toObject } from "../image/fields.ts";
import { assertKnownKeys, parseStrictJsonObject, toFilledText } from "./strict-json.ts";

/** Most bytes of what a signature signs, and of the signature around it: real ones have one or two thousand. */
export const maxSignatureBytes: number = 32 * 1024;

/** Most signatures of one image that are looked at. */
export const maxSignatures = 128;

/** What a signature says: this manifest is the image of this name. */
export interface SignedClaim {
  readonly digest: Digest;
  /** As the signer wrote it: it may lack a tag. */
  readonly reference: string;
}

/** What each kind of signature calls itself inside. */
const payloadTypes = {
  "simple-signing": "atomic container signature",
  sigstore: "cosign container image signature",
} as const;

/** Reads what a signature of this kind signs; nothing of it is true before the signature is checked. */
export function decodeSignedClaim(bytes: Uint8Array, kind: keyof typeof payloadTypes): SignedClaim {
  const document = parseStrictJsonObject(bytes, "payload", maxSignatureBytes);
  assertKnownKeys(document, ["critical", "optional"], "payload");
  if (document["optional"] !== undefined && document["optional"] !== null) {
    toObject(document["optional"], "payload.optional");
  }
  const critical = toObject(document["critical"], "payload.critical");
  assertKnownKeys(critical, ["identity", "image", "type"], "payload.critical");
  if (critical["type"] !== payloadTypes[kind]) {
    throw new Fault("invalid", `payload.critical.type is not ${JSON.stringify(payloadTypes[kind])}`);
  }
  const image = toObject(critical["image"], "payload.critical.image");
  assertKnownKeys(image, ["docker-manifest-digest"], "payload.critical.image");
  const identity = toObject(critical["identity"], "payload.critical.identity");
  assertKnownKeys(identity, ["docker-reference"], "payload.critical.identity");
  const digest = toFilledText(image["docker-manifest-digest"], "payload.critical.image.docker-manifest-digest");
  if (!isDigest(digest))
    throw new Fault("invalid", "payload.critical.image.docker-manifest-digest is no sha256 digest");
  const reference = toFilledText(identity["docker-reference"], "payload.critical.identity.docker-reference");
  return { digest, reference };
}
