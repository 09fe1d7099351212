export { attachmentTagOf, decodeSignatureAttachments } from "./attachments.ts";
export type { IdentityRule } from "./identity-rule.ts";
export { dearmorKeys, decodeGpgStatus } from "./open-pgp.ts";
export { decodeSignedClaim, maxSignatureBytes, maxSignatures, type SignedClaim } from "./payload.ts";
export {
  decodeSignaturePolicy,
  maxSignaturePolicyBytes,
  type PolicyRequirements,
  type SignaturePolicy,
} from "./policy.ts";
export {
  maxRegistriesFileBytes,
  parseRegistriesFile,
  type RegistriesFile,
  type SignaturePlace,
} from "./registries-file.ts";
export type { KeySource, PolicyRequirement, SignatureRequirement } from "./requirement.ts";
export { scopesOf } from "./scopes.ts";
