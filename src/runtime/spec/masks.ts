import type { ContainerSecurity } from "#spec";
import { Origins } from "./origins.ts";

export interface Masks {
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

/**
 * The paths that a container cannot read, or cannot write.
 *
 * Exactly those of the request: an empty list is a container that wants an unmasked /proc, and gets it.
 */
export function chooseMasks(security: ContainerSecurity, origins: Origins = new Origins()): Masks {
  const context = "linux.security_context";
  origins.note("linux.maskedPaths", "request", `${context}.${security.isPrivileged ? "privileged" : "masked_paths"}`);
  origins.note(
    "linux.readonlyPaths",
    "request",
    `${context}.${security.isPrivileged ? "privileged" : "readonly_paths"}`,
  );
  if (security.isPrivileged) return { maskedPaths: [], readonlyPaths: [] };
  return { maskedPaths: security.maskedPaths, readonlyPaths: security.readonlyPaths };
}
