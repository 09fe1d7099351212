import { messageOf } from "#foundation";
import { formatReference, type ImageReference, repositoryOf } from "#spec";
import type { Store } from "#store";
import { assertNotRejected, checkCandidate, wantsSignatures } from "./check-candidate.ts";
import { signatureRefused } from "./faults.ts";
import { type FoundRequirements, findPolicy, type PolicyInForce } from "./find-policy.ts";
import { decodeSignatures } from "./kept-signatures.ts";
import { namesOf, wantedName } from "./names.ts";
import { PullCheck } from "./pull-check.ts";
import type { FoundSignature, GateDeps, ImageUse, KeptSignatures, SignatureKind, SignedImage } from "./types.ts";

export interface SignatureGateDeps extends GateDeps {
  readonly blobs: Pick<Store["blobs"], "read">;
}

/** Time that the check of an image that is here may take: nothing of it leaves the machine. */
const useTimeoutMs = 30_000;
const unkept = "a signature is wanted, and none was kept when the image was pulled; pull it again";

/**
 * Lets in what the signature policy lets in: at a pull, and again when an
 * image is to be used, since the policy may be another one by then.
 *
 * Invariant: what cannot be decided is refused.
 */
export class SignatureGate {
  readonly #deps: SignatureGateDeps;

  constructor(deps: SignatureGateDeps) {
    this.#deps = deps;
  }

  /**
   * The check that a pull has to pass; undefined when no policy is configured for the namespace.
   *
   * @throws Fault `denied` when the policy cannot be read, or rejects the name whatever signs it
   */
  async openPull(name: ImageReference, namespace: string): Promise<PullCheck | undefined> {
    const policy = await this.#policyOf(namespace);
    if (policy === undefined) return undefined;
    const reference = wantedName(name);
    const found = policy.of(reference);
    assertNotRejected(found);
    return new PullCheck(reference, found, this.#deps);
  }

  /**
   * Checks an image that is here, with the signatures that came with its pull.
   *
   * Used by an id alone, it is let in when one of its names is.
   *
   * @throws Fault `denied`
   */
  async assertAllowed(image: SignedImage, use: ImageUse): Promise<void> {
    const policy = await this.#policyOf(use.namespace);
    if (policy === undefined) return;
    const names = namesOf(image, use.reference);
    await firstOf(names, "the image has no name", (name) => this.#assertAllowedAs(name, image, policy));
  }

  /** A tag may have been on several manifests of one image: one that is signed is enough, as the layers are the same. */
  async #assertAllowedAs(reference: ImageReference, image: SignedImage, policy: PolicyInForce): Promise<void> {
    const found = policy.of(reference);
    assertNotRejected(found);
    if (!wantsSignatures(found)) return;
    const kept = image.signatures.filter((entry) => isOf(entry, reference));
    const whenNone = `${found.where}: ${formatReference(reference)}: ${unkept}`;
    await firstOf(kept, whenNone, (entry) => this.#checkKept(entry, reference, found));
  }

  async #checkKept(
    { manifest, document }: KeptSignatures,
    reference: ImageReference,
    found: FoundRequirements,
  ): Promise<void> {
    const { host, options, blobs } = this.#deps;
    const all = decodeSignatures(await blobs.read(document));
    const signatures = async (kind: SignatureKind): Promise<readonly FoundSignature[]> =>
      all.filter((signature) => signature.kind === kind);
    const signal = AbortSignal.timeout(useTimeoutMs);
    const gpg = { host, scratchDirectory: options.scratchDirectory, signal };
    await checkCandidate({ reference, manifest, signatures, whenNone: unkept }, found, gpg);
  }

  #policyOf(namespace: string): Promise<PolicyInForce | undefined> {
    const { options, host } = this.#deps;
    return findPolicy(namespace, options, host.files);
  }
}

/** Ends with the first that passes. @throws Fault `denied` with what each of them lacks */
async function firstOf<T>(items: readonly T[], whenNone: string, check: (item: T) => Promise<void>): Promise<void> {
  const problems: unknown[] = [];
  for (const item of items) {
    try {
      await check(item);
      return;
    } catch (error) {
      problems.push(error);
    }
  }
  throw signatureRefused(problems.length === 0 ? whenNone : problems.map(messageOf).join("; "), problems[0]);
}

function isOf({ repository, top, manifest }: KeptSignatures, reference: ImageReference): boolean {
  if (repository !== repositoryOf(reference)) return false;
  return reference.digest === undefined || reference.digest === top || reference.digest === manifest;
}
