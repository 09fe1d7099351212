import type { Clock, Logger } from "#foundation";
import type { Host } from "#host";
import type { RecordTable } from "#store";
import type { ContainerRecord } from "../records.ts";
import { BackgroundMeasurements, type MeasureOptions } from "./background-measurements.ts";
import type { LoadAverages, TaskCensus } from "./types.ts";

export interface TaskCensusesDeps {
  readonly host: Pick<Host, "cgroups" | "processes">;
  readonly containers: Pick<RecordTable<ContainerRecord>, "find">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the tasks of containers are at and have open, by their container's id. */
export type TaskCensuses = BackgroundMeasurements<TaskCensus | undefined>;

export function createTaskCensuses(deps: TaskCensusesDeps): TaskCensuses {
  return new BackgroundMeasurements<TaskCensus | undefined>({
    measure: (id, options) => takeCensus(deps, id, options),
    onFailure: (id, error) => deps.logger.warn("cannot count what a container has open", { containerId: id, error }),
  });
}

/** Undefined when it does not run any more. */
async function takeCensus(
  { host, containers, clock }: TaskCensusesDeps,
  id: string,
  { previous, signal }: MeasureOptions<TaskCensus | undefined>,
): Promise<TaskCensus | undefined> {
  const status = containers.find(id)?.status;
  if (status?.phase !== "running") return undefined;
  const { init, cgroupPath } = status.process;
  const tasks = await host.processes.survey(await host.cgroups.pids(cgroupPath), { signal });
  const takenAtNanos = clock.nowNanos();
  const { running, uninterruptible } = tasks.states;
  const elapsedNanos = previous === undefined ? undefined : takenAtNanos - previous.takenAtNanos;
  const average = (key: keyof LoadAverages, now: number): number =>
    elapsedNanos === undefined ? now : decayed(previous?.load[key] ?? now, now, elapsedNanos);
  return {
    takenAtNanos,
    tasks,
    openFilesLimit: host.processes.openFilesLimit(init.pid),
    load: { running: average("running", running), uninterruptible: average("uninterruptible", uninterruptible) },
  };
}

/** Over how long the averages go. */
const windowNanos = 10_000_000_000;

/** As cadvisor averages: what was, less with time, and what is now. */
export function decayed(before: number, now: number, elapsedNanos: bigint): number {
  const share = Math.exp(-Number(elapsedNanos) / windowNanos);
  return before * share + now * (1 - share);
}
