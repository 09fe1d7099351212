import { randomBytes } from "node:crypto";

declare const brand: unique symbol;

/** A string that only one maker may produce, so that ids of two kinds cannot be swapped. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type SandboxId = Branded<"SandboxId">;
export type ContainerId = Branded<"ContainerId">;
/** `sha256:` and 64 hex digits of an image's configuration: what CRI calls the image's id. */
export type ImageId = Branded<"ImageId">;
/** An algorithm and the hex digits of a content's hash: `sha256:ab…`. */
export type Digest = Branded<"Digest">;

/** 64 hex digits: without dashes, as the names of log links and cgroups need it. */
export function newSandboxId(): SandboxId {
  return newId() as SandboxId;
}

/** 64 hex digits, see {@link newSandboxId}. */
export function newContainerId(): ContainerId {
  return newId() as ContainerId;
}

function newId(): string {
  return randomBytes(32).toString("hex");
}
