import type { Digest } from "#foundation";
import { digestOf, type ImageReference } from "#spec";
import type { Repository } from "../registry/repository.ts";
import { checkCandidate, wantsSignatures } from "./check-candidate.ts";
import { fetchAttachments } from "./fetch-attachments.ts";
import type { FoundRequirements } from "./find-policy.ts";
import { encodeSignatures } from "./kept-signatures.ts";
import { connectLookaside, fetchSimpleSignatures } from "./lookaside.ts";
import { findSignaturePlaces } from "./signature-places.ts";
import type { FoundSignature, GateDeps, SignatureKind } from "./types.ts";

/** What a pull resolved to, and who can be asked for more. */
export interface ResolvedManifest {
  readonly manifest: Digest;
  readonly repository: Pick<Repository, "manifest" | "document">;
}

/** A document of signatures to be kept. */
export interface SignatureDocument {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

const unsigned = "a signature is wanted, and none exists";

/** The check of one pull, with the policy as it was when the pull began. */
export class PullCheck {
  readonly #reference: ImageReference;
  readonly #found: FoundRequirements;
  readonly #deps: GateDeps;

  constructor(reference: ImageReference, found: FoundRequirements, deps: GateDeps) {
    this.#reference = reference;
    this.#found = found;
    this.#deps = deps;
  }

  /** Whether the manifest has to be looked at: a policy may be content with the name. */
  get wantsSignatures(): boolean {
    return wantsSignatures(this.#found);
  }

  /**
   * Checks the manifest that is about to be unpacked; returns the signatures that were found, for later.
   *
   * @throws Fault `denied`
   */
  async verify(resolved: ResolvedManifest, signal: AbortSignal): Promise<SignatureDocument> {
    const { host, options } = this.#deps;
    const asked = new Map<SignatureKind, Promise<readonly FoundSignature[]>>();
    const signatures = (kind: SignatureKind): Promise<readonly FoundSignature[]> => {
      const found = asked.get(kind) ?? this.#fetch(kind, resolved, signal);
      asked.set(kind, found);
      return found;
    };
    const candidate = { reference: this.#reference, manifest: resolved.manifest, signatures, whenNone: unsigned };
    await checkCandidate(candidate, this.#found, { host, scratchDirectory: options.scratchDirectory, signal });
    const bytes = encodeSignatures((await Promise.all(asked.values())).flat());
    return { digest: digestOf(bytes), bytes };
  }

  async #fetch(
    kind: SignatureKind,
    { manifest, repository }: ResolvedManifest,
    signal: AbortSignal,
  ): Promise<readonly FoundSignature[]> {
    const { files } = this.#deps.host;
    const { options } = this.#deps;
    const places = await findSignaturePlaces(this.#reference, options.lookasideDirs, files);
    if (kind === "sigstore") return places.hasAttachments ? fetchAttachments(manifest, repository, signal) : [];
    const transport = await connectLookaside(places.lookaside, options, files);
    const query = { base: places.lookaside, reference: this.#reference, manifest };
    try {
      return await fetchSimpleSignatures(query, { files, transport, signal });
    } finally {
      transport.close();
    }
  }
}
