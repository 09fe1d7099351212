import type { ContainerHandle } from "#runtime";
import type { PodContext } from "../context.ts";
import type { ContainerRecord, MonitoredProcess } from "../records.ts";

/** How the runtime knows a container that runs. */
export function handleOf(context: PodContext, { id }: ContainerRecord, process: MonitoredProcess): ContainerHandle {
  return { id, bundleDirectory: context.paths.container(id).bundle, ...process };
}

/** Whether the container's processes can outlive its first one: they do in a PID namespace that it shares. */
export function sharesPidNamespace({ config }: ContainerRecord): boolean {
  return config.security.namespaces.pid !== "container";
}

/** Reason of a container that was stopped before it was started: what it holds goes with it. */
export const stoppedBeforeStart = "StoppedBeforeStart";

/** Exit code of what could not be started, as the field's runtimes give it. */
const startErrorCode = 128;

/** Writes down that a container ended without having run. */
export function markNeverRan(
  { containers, clock }: PodContext,
  { id }: ContainerRecord,
  end: { readonly reason: string; readonly message: string },
): ContainerRecord {
  const now = clock.nowNanos();
  return containers.update(id, (old) => ({
    ...old,
    status: { phase: "exited", startedAtNanos: now, finishedAtNanos: now, exitCode: startErrorCode, ...end },
  }));
}
