import type { ContainerSecurity, OciSeccomp, SeccompProfile } from "#spec";
import { unsupportedField } from "../faults.ts";
import { compileSeccompProfile, type SeccompTarget } from "../seccomp/compile-profile.ts";
import { createDefaultSeccompProfile } from "../seccomp/default-profile.ts";
import { Origins } from "./origins.ts";

export interface SeccompInput {
  readonly security: Pick<ContainerSecurity, "isPrivileged" | "seccomp">;
  readonly hasSeccomp: boolean;
  /** The profile that a localhost reference names. */
  readonly localhost: SeccompProfile | undefined;
  readonly target: SeccompTarget;
}

/**
 * Chooses a container's filter of system calls; none for a privileged one, whatever it asks.
 *
 * @throws Fault `unsupported` when a profile is named and the kernel has no seccomp, or nobody has read it
 */
export function chooseSeccomp(
  { security, hasSeccomp, localhost, target }: SeccompInput,
  origins: Origins = new Origins(),
): OciSeccomp | undefined {
  const part = "linux.seccomp";
  if (security.isPrivileged || security.seccomp.kind === "unconfined") return undefined;
  const field = "linux.security_context.seccomp";
  if (security.seccomp.kind === "runtime-default") {
    if (!hasSeccomp) return undefined;
    origins.note(part, "request", `${field}: crisp's default profile`);
    return compileSeccompProfile(createDefaultSeccompProfile(), target);
  }
  const { ref } = security.seccomp;
  if (!hasSeccomp) throw unsupportedField("seccomp", `the machine has no seccomp for the profile ${ref}`);
  if (localhost === undefined) throw unsupportedField("seccomp", `the profile ${ref} was not read`);
  origins.note(part, "request", `${field}: ${ref}`);
  return compileSeccompProfile(localhost, target);
}
