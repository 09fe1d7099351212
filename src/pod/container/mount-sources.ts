import { Fault, isFault } from "#foundation";
import type { ContainerMount } from "#spec";
import type { PodContext } from "../context.ts";
import { fieldInvalid } from "../faults.ts";

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
export async function ensureMountSources(
  { host, options }: PodContext,
  mounts: readonly ContainerMount[],
): Promise<void> {
  const paths = mounts.filter(({ hostPath }) => hostPath !== "").map(({ hostPath }) => hostPath);
  for (const path of paths) {
    if (!path.startsWith("/")) throw fieldInvalid("mounts.host_path", `must be absolute, is ${path}`);
  }
  if (paths.length === 0) return;
  const command = { program: "/bin/sh", args: ["-c", makeMissing, "sh", ...paths] };
  const timeoutMs = options.volumeTimeoutMs;
  const result = await host.processes.run(command, { timeoutMs }).catch((error: unknown) => {
    throw isStuck(error) ? noAnswer(String(error.reason.stdout), timeoutMs, error) : error;
  });
  if (result.exitCode === 0) return;
  if (result.timedOut) throw noAnswer(result.stdout.toString(), timeoutMs);
  throw new Fault(
    "invalid",
    `mount source ${lastLine(result.stdout.toString())}: ${lastLine(result.stderr.toString())}`,
  );
}

/** Whether the child itself hangs in the kernel, where no signal reaches it. */
function isStuck(error: unknown): error is Fault & { readonly reason: { readonly stdout: unknown } } {
  return isFault(error, "timed-out") && error.reason?.code === "host.process-stuck";
}

function noAnswer(output: string, timeoutMs: number, cause?: Fault): Fault {
  const why = cause === undefined ? "" : ` (${cause.message})`;
  return new Fault("timed-out", `mount source ${lastLine(output)}: no answer in ${timeoutMs / 1000} s${why}`, {
    cause,
  });
}

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
