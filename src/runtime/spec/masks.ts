import type { ContainerSecurity } from "#spec";

export interface Masks {
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

/**
 * The paths that a container cannot read, or cannot write.
 *
 * Exactly those of the request: an empty list is a container that wants an unmasked /proc, and gets it.
 */
export function chooseMasks(security: ContainerSecurity): Masks {
  if (security.isPrivileged) return { maskedPaths: [], readonlyPaths: [] };
  return { maskedPaths: security.maskedPaths, readonlyPaths: security.readonlyPaths };
}
