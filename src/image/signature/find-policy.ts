import { join } from "node:path";
import { Fault, isFault } from "#foundation";
import type { Host } from "#host";
import {
  decodeSignaturePolicy,
  type ImageReference,
  maxSignaturePolicyBytes,
  type PolicyRequirements,
  type SignaturePolicy,
  scopesOf,
} from "#spec";
import type { SignatureSettings } from "../options.ts";
import { policyUnusable } from "./faults.ts";

/** What a policy wants of one image, and where it says so. */
export interface FoundRequirements {
  readonly where: string;
  readonly requirements: PolicyRequirements;
}

type Files = Pick<Host["files"], "read">;

/** A namespace's name becomes a file's. */
const namespacePattern = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** A policy that was read from a file. */
export class PolicyInForce {
  readonly #path: string;
  readonly #policy: SignaturePolicy;

  constructor(path: string, policy: SignaturePolicy) {
    this.#path = path;
    this.#policy = policy;
  }

  /** What is wanted of an image: what the narrowest scope says that speaks of it. */
  of(reference: ImageReference): FoundRequirements {
    const { docker, default: fallback } = this.#policy;
    for (const scope of [...scopesOf(reference), ""]) {
      const requirements = docker.get(scope);
      if (requirements === undefined) continue;
      return { where: `${this.#path}: transports.docker[${JSON.stringify(scope)}]`, requirements };
    }
    return { where: `${this.#path}: default`, requirements: fallback };
  }
}

/**
 * Reads the policy that a namespace is under: its own, or the global one.
 * Undefined when neither is configured. Read at every call, so that a change
 * needs no restart.
 *
 * @throws Fault `denied` when there is one that cannot be read
 */
export async function findPolicy(
  namespace: string,
  { policyFile, policyDir }: Pick<SignatureSettings, "policyFile" | "policyDir">,
  files: Files,
): Promise<PolicyInForce | undefined> {
  if (policyDir !== "" && namespace !== "") {
    const path = join(policyDir, `${namespace}.json`);
    if (!namespacePattern.test(namespace)) {
      throw policyUnusable(policyDir, new Fault("invalid", `${JSON.stringify(namespace)} is no name of a namespace`));
    }
    const own = await read(path, files);
    if (own !== undefined) return own;
  }
  if (policyFile === "") return undefined;
  const global = await read(policyFile, files);
  if (global === undefined) throw policyUnusable(policyFile, new Fault("not-found", "the file does not exist"));
  return global;
}

async function read(path: string, files: Files): Promise<PolicyInForce | undefined> {
  try {
    return new PolicyInForce(
      path,
      decodeSignaturePolicy(await files.read(path, { maxBytes: maxSignaturePolicyBytes })),
    );
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw policyUnusable(path, error);
  }
}
