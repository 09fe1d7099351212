import type { PodContext } from "./context.ts";
import type { ContainerState, ContainerView, SandboxView } from "./engine.ts";
import type { ContainerRecord, ContainerStatus, ExitedStatus, RunningStatus, SandboxRecord } from "./records.ts";

/** A sandbox as its users see it: what is half made or half gone is not ready. */
export function viewSandbox({ paths }: PodContext, record: SandboxRecord): SandboxView {
  const { id, config, handler, createdAtNanos, status, cgroupParent } = record;
  const files = paths.sandbox(id);
  return {
    id,
    config,
    handler,
    createdAtNanos,
    isReady: status.phase === "ready",
    ips: status.phase === "ready" ? status.ips : [],
    details: {
      phase: status.phase,
      ...(status.phase === "stopping" && status.problem !== undefined ? { problem: status.problem } : {}),
      ...(status.phase === "ready" && status.pause !== undefined ? { pid: status.pause.init.pid } : {}),
      cgroupParent,
      directory: files.directory,
      networkNamespace: config.security.namespaces.network === "pod" ? files.netns : "",
    },
  };
}

const stateOfPhase: Readonly<Record<ContainerStatus["phase"], ContainerState>> = {
  creating: "unknown",
  created: "created",
  starting: "created",
  running: "running",
  exited: "exited",
};

/** A container as its users see it. */
export function viewContainer({ paths }: PodContext, record: ContainerRecord): ContainerView {
  const { status } = record;
  return {
    id: record.id,
    sandboxId: record.sandboxId,
    config: record.config,
    createdAtNanos: record.createdAtNanos,
    state: stateOfPhase[status.phase],
    startedAtNanos: "startedAtNanos" in status ? status.startedAtNanos : 0n,
    ...endOf(status),
    imageId: record.imageId,
    imageRef: record.imageRef,
    logPath: record.logPath,
    stopSignal: record.stopSignal,
    user: record.user,
    details: {
      phase: status.phase,
      ...(status.phase === "running" ? detailsOfRunning(status) : {}),
      bundle: paths.container(record.id).bundle,
    },
  };
}

function detailsOfRunning({ process, killAtNanos }: RunningStatus): Readonly<Record<string, unknown>> {
  return {
    pid: process.init.pid,
    monitorPid: process.monitor.pid,
    ...(killAtNanos === undefined ? {} : { killAt: new Date(Number(killAtNanos / 1_000_000n)).toISOString() }),
  };
}

function endOf(status: ContainerStatus): Pick<ExitedStatus, "finishedAtNanos" | "exitCode" | "reason" | "message"> {
  if (status.phase !== "exited") return { finishedAtNanos: 0n, exitCode: 0, reason: "", message: "" };
  const { finishedAtNanos, exitCode, reason, message } = status;
  return { finishedAtNanos, exitCode, reason, message };
}
