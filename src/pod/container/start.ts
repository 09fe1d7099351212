import { dirname } from "node:path";
import { assertNever, type ContainerId, Fault } from "#foundation";
import type { ContainerHandle, OciRuntime } from "#runtime";
import type { PodContext } from "../context.ts";
import { containerEnded, containerWrongPhase, sandboxNotReady } from "../faults.ts";
import { getContainer, getSandbox } from "../find.ts";
import { type ContainerRecord, type ContainerStatus, type SandboxRecord, untilReboot } from "../records.ts";
import { membershipOf } from "../sandbox/pause.ts";
import { actOnContainer, type Stage, stagesOfContainer } from "../stage.ts";
import { markNeverRan } from "./phases.ts";
import { releaseContainer } from "./release.ts";
import { buildSpec } from "./spec.ts";

/**
 * Starts a created container. A failure is written down as its end, with code
 * 128, before it is thrown: left as created, kubelet would try again at once.
 * One that runs has been started. To be run once a container at a time.
 *
 * @param unheard an earlier start of it, of which somebody did not hear how it ended
 * @throws Fault `wrong-state` when it has ended and nobody waits for an earlier start, or its sandbox is not ready
 */
export async function startContainer(
  context: PodContext,
  id: ContainerId,
  unheard: Promise<void> | undefined,
): Promise<void> {
  await context.locks.run(id, async () => {
    const found = getContainer(context, id);
    const record = found.status.phase === "starting" ? await endUnfinishedStart(context, found) : found;
    switch (record.status.phase) {
      case "created":
        return await startCreated(context, record);
      case "running":
        return;
      case "exited":
        if (unheard === undefined) throw containerEnded(record, record.status);
        return await unheard;
      case "creating":
      case "starting":
        throw containerWrongPhase(record, "created");
      default:
        assertNever(record.status, "container status");
    }
  });
}

async function startCreated(context: PodContext, record: ContainerRecord): Promise<void> {
  const sandbox = getSandbox(context, record.sandboxId);
  if (sandbox.status.phase !== "ready") throw sandboxNotReady(sandbox);
  context.containers.update(record.id, (old) => ({ ...old, status: { phase: "starting" } }), untilReboot);
  await actOnContainer(context, record, "start", () => startOrEnd(context, sandbox, record));
}

/** Nobody starts it any more: its start failed, and not even that could be written down. Now it can. */
async function endUnfinishedStart(context: PodContext, record: ContainerRecord): Promise<ContainerRecord> {
  const ended = markNeverRan(context, record, { reason: "StartError", message: "its start failed half way" });
  await giveBack(context, ended);
  return ended;
}

async function startOrEnd(context: PodContext, sandbox: SandboxRecord, record: ContainerRecord): Promise<void> {
  const { runtime } = context.handlers.of(sandbox);
  const stage = stagesOfContainer(context, record);
  try {
    const handle = await createProcess(context, { sandbox, record, runtime, stage });
    context.ooms?.began(handle.cgroupPath);
    // Before the start: a program may have ended by the time that its start is reported.
    const startedAtNanos = context.clock.nowNanos();
    await stage("start process", () => runtime.start(handle));
    markRunning(context, record, { handle, startedAtNanos });
    context.supervisor.watch(record.id, runtime, handle);
  } catch (error) {
    const { message } = Fault.from(error);
    const ended = markNeverRan(context, record, { reason: "StartError", message });
    await giveBack(context, ended);
    throw error;
  }
}

interface StartWork {
  readonly sandbox: SandboxRecord;
  readonly record: ContainerRecord;
  readonly runtime: OciRuntime;
  readonly stage: Stage;
}

async function createProcess(context: PodContext, work: StartWork): Promise<ContainerHandle> {
  const { sandbox, record, runtime, stage } = work;
  const { bundle } = context.paths.container(record.id);
  const spec = await stage("build configuration", () => buildSpec(context, sandbox, record));
  if (record.logPath !== "") {
    await stage("make log directory", () => context.host.files.makeDirectory(dirname(record.logPath), { mode: 0o755 }));
  }
  return await stage("create process", () =>
    runtime.create({
      id: record.id,
      bundleDirectory: bundle,
      spec,
      logPath: record.logPath === "" ? undefined : record.logPath,
      hasStdin: record.config.hasStdin,
      isStdinOnce: record.config.isStdinOnce,
      pod: membershipOf(context, sandbox, "container"),
    }),
  );
}

interface Start {
  readonly handle: ContainerHandle;
  readonly startedAtNanos: bigint;
}

function markRunning(context: PodContext, { id, config, sandboxId }: ContainerRecord, start: Start): void {
  const { init, monitor, cgroupPath } = start.handle;
  const { startedAtNanos } = start;
  const running: ContainerStatus = { phase: "running", startedAtNanos, process: { init, monitor, cgroupPath } };
  context.containers.update(id, (old) => ({ ...old, status: running }), untilReboot);
  context.logger.info("container started", { containerId: id, sandboxId, name: config.metadata.name, pid: init.pid });
}

/** The start's own error is the one to tell; what cannot be given back now, RemoveContainer gives back. */
async function giveBack(context: PodContext, record: ContainerRecord): Promise<void> {
  try {
    await releaseContainer(context, record);
  } catch (error) {
    context.logger.warn("cannot release a container that did not start", { containerId: record.id, error });
  }
}
