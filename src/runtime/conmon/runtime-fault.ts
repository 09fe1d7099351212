import type { Fault } from "#foundation";
import { commandNotExecutable, commandNotFound, runtimeFailed } from "../faults.ts";

/** The first of each is runc's, the second crun's, the others runsc's. */
const notFound: readonly RegExp[] = [
  /exec: ".*": (?:executable file not found in \$PATH|stat .*: no such file or directory)/s,
  /executable file `.*` not found in \$PATH/s,
  /failed to load .*: no such file or directory/s,
  /error finding executable ".*" in PATH/s,
];
const notExecutable: readonly RegExp[] = [
  /exec: ".*": (?:permission denied|is a directory)/s,
  /open executable: (?:Permission denied|Operation not permitted)/,
  /failed to load .*: permission denied/s,
];

/**
 * Turns a runtime's own words into a fault.
 *
 * The one place that reads a message: runtimes have no codes, and kubelet's users must tell a mistyped command from a
 * broken node.
 */
export function faultOfRuntime(act: string, said: string): Fault {
  if (notFound.some((pattern) => pattern.test(said))) return commandNotFound(act, said);
  if (notExecutable.some((pattern) => pattern.test(said))) return commandNotExecutable(act, said);
  return runtimeFailed(act, said);
}
