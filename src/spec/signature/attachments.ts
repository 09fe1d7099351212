import type { Digest } from "#foundation";
import { hexOf } from "../image/digest.ts";
import { parseJsonObject, toList, toObject, toTextMap } from "../image/fields.ts";
import { type Descriptor, decodeDescriptor, maxManifestBytes } from "../image/manifest.ts";

/** A signature that lies in the image's own repository. */
interface SignatureAttachment {
  /** The signed payload, as a blob. */
  readonly payload: Descriptor;
  /** base64. */
  readonly signature: string;
}

const payloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
const signatureKey = "dev.cosignproject.cosign/signature";

/** The tag under which the signatures of a manifest lie in its repository. */
export function attachmentTagOf(manifest: Digest): string {
  return `sha256-${hexOf(manifest)}.sig`;
}

/**
 * Reads the manifest of a signature tag: its layers are payloads, and their
 * annotations the signatures. Other things that are attached there are left out.
 *
 * @throws Fault `invalid`
 * @see https://github.com/sigstore/cosign/blob/v2.4.0/specs/SIGNATURE_SPEC.md
 */
export function decodeSignatureAttachments(bytes: Uint8Array): readonly SignatureAttachment[] {
  const document = parseJsonObject(bytes, "signature manifest", maxManifestBytes);
  return toList(document["layers"], "signature manifest.layers").flatMap((value, index) => {
    const what = `signature manifest.layers[${index}]`;
    const payload = decodeDescriptor(value, what);
    const signature = toTextMap(toObject(value, what)["annotations"], `${what}.annotations`)[signatureKey];
    return payload.mediaType === payloadType && signature !== undefined ? [{ payload, signature }] : [];
  });
}
