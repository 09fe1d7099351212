import { Fault } from "#foundation";
import { listLogStates } from "../../container/log-states.ts";
import type { PodContext } from "../../context.ts";
import type { ObservedLogs } from "../plan/logs.ts";

/** Time for all of them: the disk of the logs may be one that never answers. */
const timeoutMs = 15_000;
/** As many as a command line takes, with room. */
const maxPaths = 400;

/**
 * Prints those of the paths that are not there, after "missing ", and those on a disk without a free block, after the id
 * of its file system. Between the two halves of a rotation a log is away for a moment: it gets the time to come back.
 */
const findTroubled = `patience=20
for path; do
  until [ -e "$path" ] || [ "$patience" -le 0 ]; do patience=$((patience - 1)); sleep 0.1; done
  if [ -e "$path" ]; then
    disk=$(stat -f -c '%a %i' "$path") && [ "\${disk% *}" = 0 ] && printf '%s %s\\000' "\${disk#* }" "$path"
  else
    printf 'missing %s\\000' "$path"
  fi
done
exit 0`;

/** Looks for the logs of containers that run, by a child: they are where kubelet wants them. @throws Fault `timed-out` */
export async function observeLogs(
  context: PodContext,
  signal: AbortSignal,
): Promise<ObservedLogs & { readonly paths: readonly string[] }> {
  const { host, containers } = context;
  const paths = containers
    .list()
    .filter(({ status, logPath }) => status.phase === "running" && logPath !== "")
    .map(({ logPath }) => logPath);
  const missing = new Set<string>();
  const full = new Map<string, string>();
  for (let start = 0; start < paths.length; start += maxPaths) {
    const args = ["-c", findTroubled, "sh", ...paths.slice(start, start + maxPaths)];
    const result = await host.processes.run({ program: "/bin/sh", args }, { timeoutMs, signal });
    if (result.timedOut)
      throw new Fault("timed-out", `look for logs: the disk gave no answer in ${timeoutMs / 1000} s`);
    if (result.exitCode !== 0) throw new Fault("broken", `look for logs: ${result.stderr.toString().trim()}`);
    for (const line of result.stdout.toString().split("\0")) {
      const [, word, path] = /^(\S+) (.*)$/s.exec(line) ?? [];
      if (word === undefined || path === undefined) continue;
      if (word === "missing") missing.add(path);
      else full.set(path, word);
    }
  }
  return { paths, missing, full, states: await listLogStates(context) };
}
