import { type KeyObject, verify } from "node:crypto";
import type { Host } from "#host";
import { decodeSignedClaim, type KeySource, type SignedClaim } from "#spec";
import { badSignature } from "./faults.ts";
import { readPublicKeys } from "./keys.ts";
import type { SigstoreSignature } from "./types.ts";

/** What a signature in cosign's form says, once one of the keys is found to have made it. @throws Fault */
export async function verifySigstore(
  { payload, signature }: SigstoreSignature,
  sources: readonly KeySource[],
  files: Pick<Host["files"], "read">,
): Promise<SignedClaim> {
  const bytes = Buffer.from(signature, "base64");
  const keys = await readPublicKeys(sources, files);
  if (!keys.some((key) => isMadeBy(key, payload, bytes))) throw badSignature("no key of the policy made it");
  return decodeSignedClaim(payload, "sigstore");
}

/** Ed25519 hashes by itself; the others sign a SHA-256, ECDSA in DER and RSA in PKCS #1 v1.5. */
function isMadeBy(key: KeyObject, payload: Buffer, signature: Buffer): boolean {
  return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", payload, key, signature);
}
