import type { LogState } from "#runtime";
import { describeLog } from "../../container/log-states.ts";
import type { ContainerRecord } from "../../records.ts";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

/** What is wrong with the logs that were looked for. */
export interface ObservedLogs {
  /** Paths that are not there. */
  readonly missing: ReadonlySet<string>;
  /** Paths on a disk without space, with the id of its file system. */
  readonly full: ReadonlyMap<string, string>;
  /** How they go, by their container's id. */
  readonly states: ReadonlyMap<string, LogState>;
}

/**
 * Containers that write into a file that nobody can find, those whose disk has no space, and those whose disk takes
 * nothing all the same: a quota, or a disk that fails. Pure.
 */
export function planLogs(records: SteadyRecords, { missing, full, states }: ObservedLogs): readonly PlannedFinding[] {
  const running = records.containers.filter(({ status }) => status.phase === "running");
  const lost = running.filter(({ logPath }) => missing.has(logPath)).map(describeMissing);
  const byDisk = Map.groupBy(
    running.filter(({ logPath }) => full.has(logPath)),
    ({ logPath }) => full.get(logPath),
  );
  const stuck = running
    .filter(({ logPath }) => !full.has(logPath))
    .flatMap((container) => describeStuck(container, states.get(container.id)));
  return [...lost, ...[...byDisk.values()].map((containers) => describeFull(containers, states)), ...stuck];
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

function describeFull(containers: readonly ContainerRecord[], states: ObservedLogs["states"]): PlannedFinding {
  const flowing = (flow: LogState["flow"]): number =>
    containers.filter(({ id }) => states.get(id)?.flow === flow).length;
  const [held, dropping] = [flowing("held"), flowing("dropping")];
  const counts = [
    ...(held === 0 ? [] : [`${held} of them are held back`]),
    ...(dropping === 0 ? [] : [`lines of ${dropping} are being dropped`]),
  ];
  return {
    severity: "problem",
    where: containers[0]?.logPath ?? "",
    what: [`the disk is full that has the logs of ${containers.length} containers that run`, ...counts].join("; "),
    why: "those that write wait for it; after logs.full_disk_wait_seconds whole lines are dropped, and counted",
    advice: "free space on it; the logs go on by themselves",
  };
}

/** Of what was dropped before, and is told of by `crisp why`, nothing can be mended any more. */
function describeStuck({ logPath, config }: ContainerRecord, state: LogState | undefined): readonly PlannedFinding[] {
  if (state === undefined || state.flow === "flowing") return [];
  return [
    {
      severity: "problem",
      where: logPath,
      what: `container ${config.metadata.name} cannot write its log: ${describeLog(state)}`,
      why: "the disk has space, and still nothing can be written: there may be a quota on it, or it fails",
      advice: "look at quotas and at the kernel's messages; the log goes on by itself",
    },
  ];
}
