import type { ProcessIdentity } from "#host";
import type { ContainerRecord } from "../../records.ts";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

/** A monitor that runs, by the bundle that it was started for. */
export interface ObservedMonitor {
  readonly pid: number;
  readonly id: string;
}

export interface ObservedMonitors {
  readonly monitors: readonly ObservedMonitor[];
  readonly isAlive: (process: ProcessIdentity) => boolean;
}

/** Monitors without a container, and containers without a monitor. Pure. */
export function planMonitors(records: SteadyRecords, observed: ObservedMonitors): readonly PlannedFinding[] {
  return [
    ...records.containers.flatMap((container) => planContainer(container, observed)),
    ...observed.monitors.filter(({ id }) => !records.isKnown(id)).map(strayMonitor),
  ];
}

function planContainer(container: ContainerRecord, { isAlive }: ObservedMonitors): readonly PlannedFinding[] {
  const { status } = container;
  if (status.phase === "exited") return status.reason === "MonitorLost" ? [wasLost(container)] : [];
  if (status.phase !== "running" || isAlive(status.process.monitor)) return [];
  const isRunning = isAlive(status.process.init);
  return [
    {
      severity: "problem",
      where: container.id,
      what: `the monitor of container ${container.config.metadata.name} is gone, and no end of it is written down`,
      why: isRunning ? "it runs without a log, and its exit code will be lost" : "it is listed as running, and is not",
      advice: "stop the container: kubelet starts another",
      // Following its end would end what runs.
      ...(isRunning ? {} : { mend: { do: "watch-container", id: container.id } as const }),
    },
  ];
}

function wasLost({ id, config }: ContainerRecord): PlannedFinding {
  return {
    severity: "warning",
    where: id,
    what: `the monitor of container ${config.metadata.name} died before its container, which was killed then`,
    why: "its exit code is unknown",
    advice: "see who killed it (dmesg, for a lack of memory); this goes away with the container",
  };
}

function strayMonitor({ pid, id }: ObservedMonitor): PlannedFinding {
  return {
    severity: "problem",
    where: `process ${pid}`,
    what: `a monitor runs for container ${id}, of which there is no record`,
    why: "its program runs, and nobody will ever stop it",
    advice: `see what it was (crisp why ${id.slice(0, 13)}), end its program, and the monitor ends by itself`,
  };
}
