import { Fault } from "#foundation";
import type { PodContext } from "../../context.ts";
import type { MissingPaths } from "../plan/logs.ts";

/** Time for all of them: the disk of the logs may be one that never answers. */
const timeoutMs = 15_000;
/** As many as a command line takes, with room. */
const maxPaths = 400;

/**
 * Prints those of the paths that are not there. Between the two halves of a
 * rotation a log is away for a moment: it gets the time to come back.
 */
const findMissing = `patience=20
for path; do
  until [ -e "$path" ] || [ "$patience" -le 0 ]; do patience=$((patience - 1)); sleep 0.1; done
  [ -e "$path" ] || printf '%s\\000' "$path"
done`;

/** Looks for the logs of containers that run, by a child: they are where kubelet wants them. @throws Fault `timed-out` */
export async function observeLogs(
  { host, containers }: PodContext,
  signal: AbortSignal,
): Promise<{ readonly paths: readonly string[]; readonly missing: MissingPaths }> {
  const paths = [...containers.all().values()]
    .filter(({ status, logPath }) => status.phase === "running" && logPath !== "")
    .map(({ logPath }) => logPath);
  const missing = new Set<string>();
  for (let start = 0; start < paths.length; start += maxPaths) {
    const args = ["-c", findMissing, "sh", ...paths.slice(start, start + maxPaths)];
    const result = await host.processes.run({ program: "/bin/sh", args }, { timeoutMs, signal });
    if (result.timedOut)
      throw new Fault("timed-out", `look for logs: the disk gave no answer in ${timeoutMs / 1000} s`);
    if (result.exitCode !== 0) throw new Fault("broken", `look for logs: ${result.stderr.toString().trim()}`);
    for (const path of result.stdout.toString().split("\0")) if (path !== "") missing.add(path);
  }
  return { paths, missing };
}
