import type { ContainerRecord } from "../../records.ts";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

/** What is wrong with the logs that were looked for. */
export interface ObservedLogs {
  /** Paths that are not there. */
  readonly missing: ReadonlySet<string>;
  /** Paths on a disk without space, with the id of its file system. */
  readonly full: ReadonlyMap<string, string>;
}

/** Containers that write into a file that nobody can find, and those whose disk takes nothing any more. Pure. */
export function planLogs(records: SteadyRecords, { missing, full }: ObservedLogs): readonly PlannedFinding[] {
  const running = records.containers.filter(({ status }) => status.phase === "running");
  const lost = running.filter(({ logPath }) => missing.has(logPath)).map(describeMissing);
  const byDisk = Map.groupBy(
    running.filter(({ logPath }) => full.has(logPath)),
    ({ logPath }) => full.get(logPath),
  );
  return [...lost, ...[...byDisk.values()].map(describeFull)];
}

function describeMissing({ id, logPath, config }: ContainerRecord): PlannedFinding {
  return {
    severity: "problem",
    where: logPath,
    what: `the log of container ${config.metadata.name} is not there, and the container runs`,
    why: "kubectl logs shows nothing of it, and what it writes takes space on the disk unseen",
    advice: "find out who removes logs that are in use; kubelet rotates them by itself",
    mend: { do: "reopen-log", id },
  };
}

function describeFull(containers: readonly ContainerRecord[]): PlannedFinding {
  return {
    severity: "problem",
    where: containers[0]?.logPath ?? "",
    what: `the disk is full that has the logs of ${containers.length} containers that run`,
    why: "those that write wait for it; after logs.full_disk_wait_seconds whole lines are dropped, and counted",
    advice: "free space on it; the logs go on by themselves",
  };
}
