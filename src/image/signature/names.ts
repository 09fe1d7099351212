import { Fault, type ImageId } from "#foundation";
import { hexOf, type ImageReference, isNameOnly, parseNamedReference } from "#spec";

interface Named {
  readonly id: ImageId;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
}

const idPattern = /^(?:sha256:)?([0-9a-f]{6,64})$/;

/** The name by which an image is wanted: with tag and digest, the digest is what counts. */
export function wantedName(reference: ImageReference): ImageReference {
  if (reference.digest !== undefined) return { ...reference, tag: undefined };
  return isNameOnly(reference) ? { ...reference, tag: "latest" } : reference;
}

/** The names to be checked of an image: what the user wrote, or all that it is called when that was its id. */
export function namesOf({ id, repoTags, repoDigests }: Named, written: string): readonly ImageReference[] {
  const hex = idPattern.exec(written)?.[1];
  const isId = hex !== undefined && hexOf(id).startsWith(hex);
  const name = isId ? undefined : parse(written);
  return (name === undefined ? [...repoTags, ...repoDigests].flatMap((own) => parse(own) ?? []) : [name]).map(
    wantedName,
  );
}

function parse(text: string): ImageReference | undefined {
  try {
    return parseNamedReference(text);
  } catch (error) {
    // What is no name may still be an id.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
