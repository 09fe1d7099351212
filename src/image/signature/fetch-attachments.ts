import { type Digest, Fault, isFault } from "#foundation";
import { attachmentTagOf, decodeSignatureAttachments, maxSignatureBytes, maxSignatures } from "#spec";
import type { Repository } from "../registry/repository.ts";
import { badSignature } from "./faults.ts";
import type { SigstoreSignature } from "./types.ts";

/** Gets the signatures that lie beside a manifest, in its own repository. */
export async function fetchAttachments(
  manifest: Digest,
  repository: Pick<Repository, "manifest" | "document">,
  signal: AbortSignal,
): Promise<readonly SigstoreSignature[]> {
  const tag = attachmentTagOf(manifest);
  try {
    const document = await findManifest(tag, repository, signal);
    if (document === undefined) return [];
    const attachments = decodeSignatureAttachments(document);
    if (attachments.length > maxSignatures) throw badSignature(`there are more than ${maxSignatures}`);
    const found: SigstoreSignature[] = [];
    for (const { payload, signature } of attachments) {
      if (payload.sizeBytes > maxSignatureBytes) throw badSignature(`one has over ${maxSignatureBytes} bytes`);
      const bytes = await repository.document(payload, maxSignatureBytes, signal);
      found.push({ kind: "sigstore", origin: `${tag} ${payload.digest}`, payload: bytes, signature });
    }
    return found;
  } catch (error) {
    throw Fault.within(`get signatures from tag ${tag}`, error);
  }
}

async function findManifest(
  tag: string,
  repository: Pick<Repository, "manifest">,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    return (await repository.manifest(tag, signal)).bytes;
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}
