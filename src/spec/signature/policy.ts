import { Fault } from "#foundation";
import { type JsonObject, toList, toObject } from "../image/fields.ts";
import { decodeRequirement, type PolicyRequirement } from "./requirement.ts";
import { assertKnownKeys, parseStrictJsonObject } from "./strict-json.ts";

/** Most bytes of a policy file. */
export const maxSignaturePolicyBytes: number = 1024 * 1024;

/** All of these must hold; never empty. */
export type PolicyRequirements = readonly PolicyRequirement[];

/** Which images may be used, as containers' policy.json says it. */
export interface SignaturePolicy {
  readonly default: PolicyRequirements;
  /** By scope of the transport "docker", which is that of registries; "" stands for all of it. */
  readonly docker: ReadonlyMap<string, PolicyRequirements>;
}

/** The places of images that a policy can speak of. Only those of registries concern a node's pulls. */
const transports: ReadonlySet<string> = new Set([
  "atomic",
  "containers-storage",
  "dir",
  "docker",
  "docker-archive",
  "docker-daemon",
  "oci",
  "oci-archive",
  "ostree",
  "sif",
  "tarball",
]);

/**
 * Reads a policy.json. What is not known is refused, wherever it stands: a
 * policy of which a part is not understood cannot be kept.
 *
 * @throws Fault `invalid` naming the key, `unsupported` for kinds of keys that crisp cannot check
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-policy.json.5.md
 */
export function decodeSignaturePolicy(bytes: Uint8Array): SignaturePolicy {
  const document = parseStrictJsonObject(bytes, "the document", maxSignaturePolicyBytes);
  assertKnownKeys(document, ["default", "transports"], "the document");
  const byTransport = decodeTransports(toObject(document["transports"] ?? {}, "transports"));
  return {
    default: decodeRequirements(document["default"], "default"),
    docker: byTransport.get("docker") ?? new Map<string, PolicyRequirements>(),
  };
}

function decodeTransports(document: JsonObject): ReadonlyMap<string, ReadonlyMap<string, PolicyRequirements>> {
  assertKnownKeys(document, [...transports], "transports");
  return new Map(
    Object.entries(document).map(([name, value]) => [name, decodeScopes(value, name, `transports.${name}`)]),
  );
}

function decodeScopes(value: unknown, transport: string, what: string): ReadonlyMap<string, PolicyRequirements> {
  const entries = Object.entries(toObject(value, what));
  return new Map(
    entries.map(([scope, requirements]) => {
      const place = `${what}[${JSON.stringify(scope)}]`;
      if (transport === "docker") assertDockerScope(scope, place);
      return [scope, decodeRequirements(requirements, place)];
    }),
  );
}

/** A scope that can match nothing would make a rule that nobody keeps. */
function assertDockerScope(scope: string, what: string): void {
  const isWildcard = scope.startsWith("*.") && /^[^\s*/:@]+$/.test(scope.slice(2));
  if (scope === "" || isWildcard || (/^[^\s*]+$/.test(scope) && !scope.includes("://"))) return;
  throw new Fault("invalid", `${what} is neither a registry, a part of one, a reference, nor *. and a domain`);
}

function decodeRequirements(value: unknown, what: string): PolicyRequirements {
  const list = toList(value, what);
  if (list.length === 0) throw new Fault("invalid", `${what} is missing or empty: at least one requirement must stand`);
  return list.map((requirement, index) => decodeRequirement(requirement, `${what}[${index}]`));
}
