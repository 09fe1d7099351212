import { Fault, messageOf } from "#foundation";
import { formatReference, type PolicyRequirement, type SignatureRequirement, type SignedClaim } from "#spec";
import { badSignature, signatureRefused } from "./faults.ts";
import type { FoundRequirements } from "./find-policy.ts";
import { matchesIdentity } from "./identity-match.ts";
import type { Candidate, FoundSignature, SignatureKind } from "./types.ts";
import { verifySigstore } from "./verify-sigstore.ts";
import { type GpgDeps, verifySimple } from "./verify-simple.ts";

const kinds: Readonly<Record<SignatureRequirement["type"], SignatureKind>> = {
  signedBy: "simple-signing",
  sigstoreSigned: "sigstore",
};

/**
 * Checks an image against every requirement: all must hold, each by one signature at least.
 *
 * @throws Fault `denied` naming the requirement and, of each signature, what is wrong with it
 */
export async function checkCandidate(
  candidate: Candidate,
  { where, requirements }: FoundRequirements,
  deps: GpgDeps,
): Promise<void> {
  for (const [index, requirement] of requirements.entries()) {
    try {
      await checkRequirement(candidate, requirement, deps);
    } catch (error) {
      deps.signal.throwIfAborted();
      throw signatureRefused(`${where}[${index}] (${requirement.type}): ${messageOf(error)}`, error);
    }
  }
}

/** Refuses at once what no signature can save. @throws Fault `denied` */
export function assertNotRejected({ where, requirements }: FoundRequirements): void {
  const index = requirements.findIndex(({ type }) => type === "reject");
  if (index !== -1) throw signatureRefused(`${where}[${index}] (reject): ${rejected}`);
}

/** Whether the requirements ask for signatures at all. */
export function wantsSignatures({ requirements }: FoundRequirements): boolean {
  return requirements.some(({ type }) => type in kinds);
}

const rejected = "no image of this name is let in";

async function checkRequirement(candidate: Candidate, requirement: PolicyRequirement, deps: GpgDeps): Promise<void> {
  if (requirement.type === "insecureAcceptAnything") return;
  if (requirement.type === "reject") throw badSignature(rejected);
  const signatures = await candidate.signatures(kinds[requirement.type]);
  const problems: string[] = [];
  for (const signature of signatures) {
    try {
      assertClaims(candidate, requirement, await verify(signature, requirement, deps));
      return;
    } catch (error) {
      deps.signal.throwIfAborted();
      problems.push(`${signature.origin}: ${messageOf(error)}`);
    }
  }
  throw badSignature(problems.length === 0 ? candidate.whenNone : `no signature is accepted: ${problems.join("; ")}`);
}

function verify(signature: FoundSignature, { keys }: SignatureRequirement, deps: GpgDeps): Promise<SignedClaim> {
  return signature.kind === "sigstore"
    ? verifySigstore(signature, keys, deps.host.files)
    : verifySimple(signature, keys, deps);
}

function assertClaims(
  { reference, manifest }: Candidate,
  { identity }: SignatureRequirement,
  claim: SignedClaim,
): void {
  if (claim.digest !== manifest) throw badSignature(`it is of the manifest ${claim.digest}, not of ${manifest}`);
  if (matchesIdentity(identity, reference, claim.reference)) return;
  const wanted = `${identity.type} for ${formatReference(reference)}`;
  throw new Fault("denied", `it is for the name ${JSON.stringify(claim.reference)}, which does not satisfy ${wanted}`);
}
