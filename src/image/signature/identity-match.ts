import { assertNever } from "#foundation";
import {
  formatReference,
  type IdentityRule,
  type ImageReference,
  isNameOnly,
  parseNamedReference,
  repositoryOf,
} from "#spec";

type RemapRule = Extract<IdentityRule, { readonly type: "remapIdentity" }>;

/**
 * Whether a signature for the name `signed` is one for the image that is wanted as `wanted`.
 *
 * Nothing completes either name: a signature without tag stands for no tag.
 *
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-policy.json.5.md#signedby
 */
export function matchesIdentity(rule: IdentityRule, wanted: ImageReference, signed: string): boolean {
  const name = parse(signed);
  if (name === undefined) return false;
  switch (rule.type) {
    case "matchExact":
      return isSame(wanted, name);
    case "matchRepoDigestOrExact":
      return matchesRepoDigestOrExact(wanted, name);
    case "matchRepository":
      return repositoryOf(wanted) === repositoryOf(name);
    case "exactReference":
      return isSame(rule.reference, name);
    case "exactRepository":
      return repositoryOf(name) === rule.repository;
    case "remapIdentity": {
      const remapped = remap(rule, wanted);
      return remapped !== undefined && matchesRepoDigestOrExact(remapped, name);
    }
    default:
      return assertNever(rule, "identity rule");
  }
}

/** An image wanted by digest needs only the repository: that the signature is of this digest is checked in any case. */
function matchesRepoDigestOrExact(wanted: ImageReference, signed: ImageReference): boolean {
  if (isNameOnly(signed)) return false;
  if (wanted.tag !== undefined) return isSame(wanted, signed);
  return wanted.digest !== undefined && repositoryOf(wanted) === repositoryOf(signed);
}

function isSame(one: ImageReference, other: ImageReference): boolean {
  return !isNameOnly(one) && !isNameOnly(other) && formatReference(one) === formatReference(other);
}

/** The reference under the signer's prefix; one outside of the prefix stays. Undefined when what comes out is no name. */
function remap({ prefix, signedPrefix }: RemapRule, reference: ImageReference): ImageReference | undefined {
  const repository = repositoryOf(reference);
  if (repository !== prefix && !repository.startsWith(`${prefix}/`)) return reference;
  return parse(`${signedPrefix}${formatReference(reference).slice(prefix.length)}`);
}

function parse(text: string): ImageReference | undefined {
  try {
    return parseNamedReference(text);
  } catch {
    // What is no name is nobody's name.
    return undefined;
  }
}
