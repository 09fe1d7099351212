import { Fault } from "#foundation";
import type { Host } from "#host";
import { type ContainerSecurity, decodeSeccompProfile, type SeccompProfile } from "#spec";

/**
 * Reads the profile that a localhost reference names; nothing where none is asked for, or it would not count.
 *
 * @throws Fault `not-found` or `invalid` naming the file
 */
export async function readLocalhostSeccomp(
  { files }: Pick<Host, "files">,
  { seccomp, isPrivileged }: Pick<ContainerSecurity, "isPrivileged" | "seccomp">,
): Promise<{ readonly localhostSeccomp?: SeccompProfile }> {
  if (seccomp.kind !== "localhost" || isPrivileged) return {};
  try {
    return { localhostSeccomp: decodeSeccompProfile(JSON.parse(await files.readText(seccomp.ref))) };
  } catch (error) {
    throw Fault.within(`seccomp profile ${seccomp.ref}`, error);
  }
}
