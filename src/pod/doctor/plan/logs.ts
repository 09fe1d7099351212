import type { PlannedFinding, SteadyRecords } from "../types.ts";

/** Paths that are not there, of those that were looked for. */
export type MissingPaths = ReadonlySet<string>;

/** Containers that write into a file that nobody can find. Pure. */
export function planLogs(records: SteadyRecords, missing: MissingPaths): readonly PlannedFinding[] {
  return records.containers
    .filter(({ status, logPath }) => status.phase === "running" && missing.has(logPath))
    .map(({ id, logPath, config }) => ({
      severity: "problem",
      where: logPath,
      what: `the log of container ${config.metadata.name} is not there, and the container runs`,
      why: "kubectl logs shows nothing of it, and what it writes takes space on the disk unseen",
      advice: "find out who removes logs that are in use; kubelet rotates them by itself",
      mend: { do: "reopen-log", id },
    }));
}
