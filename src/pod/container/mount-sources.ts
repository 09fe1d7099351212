import { Fault } from "#foundation";
import type { ContainerMount } from "#spec";
import type { PodContext } from "../context.ts";
import { fieldInvalid } from "../faults.ts";

/** Time that all sources together have to answer: a dead network volume never does. */
const sourcesBudgetMs = 60_000;

/**
 * Looks at each path in turn, saying which, and makes a directory of what is
 * missing. The last line written names the path that fails or hangs.
 */
const makeMissing = `for path; do
  printf '%s\\n' "$path"
  [ -e "$path" ] || mkdir -p -- "$path" || exit
done`;

/**
 * Makes sure that the host paths of a container's mounts exist, as the field's
 * runtimes do for a hostPath without a type.
 *
 * Done by a child process: a path of the user's may be on a volume that never
 * answers, and a child can be killed.
 *
 * @throws Fault `invalid` naming the path that cannot be made, `timed-out` naming the one that hangs
 */
export async function ensureMountSources({ host }: PodContext, mounts: readonly ContainerMount[]): Promise<void> {
  const paths = mounts.filter(({ hostPath }) => hostPath !== "").map(({ hostPath }) => hostPath);
  for (const path of paths) {
    if (!path.startsWith("/")) throw fieldInvalid("mounts.host_path", `must be absolute, is ${path}`);
  }
  if (paths.length === 0) return;
  const command = { program: "/bin/sh", args: ["-c", makeMissing, "sh", ...paths] };
  const result = await host.processes.run(command, { timeoutMs: sourcesBudgetMs });
  if (result.exitCode === 0) return;
  const path = lastLine(result.stdout);
  if (result.timedOut) throw new Fault("timed-out", `mount source ${path}: no answer in ${sourcesBudgetMs / 1000} s`);
  throw new Fault("invalid", `mount source ${path}: ${lastLine(result.stderr)}`);
}

function lastLine(output: Buffer): string {
  return output.toString().trimEnd().split("\n").at(-1) ?? "";
}
