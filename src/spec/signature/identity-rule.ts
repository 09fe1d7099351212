import { Fault } from "#foundation";
import { toObject } from "../image/fields.ts";
import { type ImageReference, isNameOnly, parseNamedReference, repositoryOf } from "../reference.ts";
import { assertKnownKeys, toFilledText } from "./strict-json.ts";

/** Which name a signature must have been made for. */
export type IdentityRule =
  | { readonly type: "matchExact" | "matchRepoDigestOrExact" | "matchRepository" }
  | { readonly type: "exactReference"; readonly reference: ImageReference }
  | { readonly type: "exactRepository"; readonly repository: string }
  | { readonly type: "remapIdentity"; readonly prefix: string; readonly signedPrefix: string };

/** A missing rule is matchRepoDigestOrExact. @throws Fault `invalid` naming `what` */
export function decodeIdentityRule(value: unknown, what: string): IdentityRule {
  if (value === undefined) return { type: "matchRepoDigestOrExact" };
  const document = toObject(value, what);
  const type = toFilledText(document["type"], `${what}.type`);
  const only = (...names: string[]): void => assertKnownKeys(document, ["type", ...names], what);
  const text = (name: string): string => toFilledText(document[name], `${what}.${name}`);
  switch (type) {
    case "matchExact":
    case "matchRepoDigestOrExact":
    case "matchRepository":
      only();
      return { type };
    case "exactReference":
      only("dockerReference");
      return { type, reference: toExactReference(text("dockerReference"), `${what}.dockerReference`) };
    case "exactRepository":
      only("dockerRepository");
      return { type, repository: toRepository(text("dockerRepository"), `${what}.dockerRepository`) };
    case "remapIdentity":
      only("prefix", "signedPrefix");
      return {
        type,
        prefix: toPrefix(text("prefix"), `${what}.prefix`),
        signedPrefix: toPrefix(text("signedPrefix"), `${what}.signedPrefix`),
      };
    default:
      throw new Fault("invalid", `${what}.type ${JSON.stringify(type)} is not known`);
  }
}

function toExactReference(text: string, what: string): ImageReference {
  const reference = parseAs(text, what);
  if (isNameOnly(reference)) {
    throw new Fault("invalid", `${what} ${JSON.stringify(text)} has neither tag nor digest`);
  }
  return reference;
}

function toRepository(text: string, what: string): string {
  const reference = parseAs(text, what);
  if (!isNameOnly(reference)) throw new Fault("invalid", `${what} ${JSON.stringify(text)} is more than a repository`);
  return repositoryOf(reference);
}

/** A registry, a namespace in one, or a repository: in full, as nothing completes it. */
function toPrefix(text: string, what: string): string {
  const isHost = isFullRepository(`${text}/x`);
  if (isHost || isFullRepository(text)) return text;
  throw new Fault("invalid", `${what} ${JSON.stringify(text)} is no full registry, namespace or repository`);
}

function isFullRepository(text: string): boolean {
  try {
    const reference = parseNamedReference(text);
    return isNameOnly(reference) && repositoryOf(reference) === text;
  } catch {
    // What cannot be read is no repository; the caller says what was wanted.
    return false;
  }
}

function parseAs(text: string, what: string): ImageReference {
  try {
    return parseNamedReference(text);
  } catch (error) {
    throw Fault.within(what, error);
  }
}
