import { assertNever, type ContainerId, messageOf } from "#foundation";
import { killedExitCode } from "#spec";
import { endCheckpoint } from "../container/checkpoint/end.ts";
import { handleOf, markNeverRan } from "../container/phases.ts";
import { releaseContainer } from "../container/release.ts";
import { removeContainer } from "../container/remove.ts";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { getContainer, getSandbox } from "../find.ts";
import { type MonitoredProcess, untilReboot } from "../records.ts";
import { pinsOf } from "../sandbox/namespaces.ts";
import { removeSandbox } from "../sandbox/remove.ts";
import { stopSandbox } from "../sandbox/stop.ts";
import { actOn } from "../stage.ts";
import { type Observed, planRecovery, type RecoveryStep } from "./plan.ts";

/**
 * Makes records and machine agree again after the daemon was away.
 *
 * When it returns, no record says that something lives which does not. What
 * takes longer, because it calls outside programs, goes on in `later`, one
 * object never waiting for another.
 */
export async function recover(
  context: PodContext,
  stops: ContainerStops,
  later: (name: string, work: () => Promise<void>) => void,
): Promise<void> {
  const steps = planRecovery(context.sandboxes.list(), context.containers.list(), await observe(context));
  for (const step of steps) {
    if (step.do === "watch-container") watch(context, stops, step);
    else if (step.do === "end-of-old-boot") endOfOldBoot(context, step.id);
    else if (step.do === "end-half-started") endHalfStarted(context, step.id);
    else if (step.do === "discard-container") context.containers.update(step.id, markDiscarded, untilReboot);
    else if (step.do === "discard-sandbox") context.sandboxes.update(step.id, markDiscarded, untilReboot);
    const follow = followUp(context, stops, step);
    if (follow !== undefined)
      later(`recovery: ${step.do} ${step.id.slice(0, 12)}`, () => attempt(context, step, follow));
  }
  if (steps.length > 0) context.logger.info("recovery planned", { steps: steps.length });
}

async function observe(context: PodContext): Promise<Observed> {
  const { host, paths } = context;
  const mounts = await host.mounts.list();
  return {
    bootId: host.machine.bootId,
    mounted: new Set(mounts.map(({ target }) => target)),
    pinsOf: (sandbox) => Object.values(pinsOf(context, sandbox)),
    rootOf: ({ id }) => paths.container(id).rootfs,
    isAlive: (process) => host.processes.identify(process.pid)?.startTicks === process.startTicks,
  };
}

/** Whoever repeats the request that made it must not be given it: discarding takes a while. */
function markDiscarded<T extends { readonly isDiscarded?: true }>(record: T): T {
  return record.isDiscarded === true ? record : { ...record, isDiscarded: true };
}

/** The part of a step that calls outside programs. */
function followUp(context: PodContext, stops: ContainerStops, step: RecoveryStep): (() => Promise<void>) | undefined {
  switch (step.do) {
    case "watch-container":
      return undefined;
    case "end-half-started":
    case "end-of-old-boot":
    case "release-container":
      return () => releaseEnded(context, step.id);
    case "end-checkpoint":
      return () => context.locks.run(step.id, () => endCheckpoint(context, step));
    case "discard-container":
      return () => removeContainer(context, stops, step.id);
    case "discard-sandbox":
      return () => removeSandbox(context, stops, step.id);
    case "stop-sandbox":
      return () => stopSandbox(context, stops, step.id);
    default:
      return assertNever(step, "recovery step");
  }
}

/** In its turn: whoever removes it meanwhile gives back the same. */
async function releaseEnded(context: PodContext, id: ContainerId): Promise<void> {
  await context.locks.run(id, async () => {
    const record = context.containers.find(id);
    if (record !== undefined) await releaseContainer(context, record);
  });
}

/** One object that cannot be mended must not keep the others from it; it stays in its record for the next try. */
async function attempt(context: PodContext, step: RecoveryStep, follow: () => Promise<void>): Promise<void> {
  try {
    await actOn(context, step.id, `recover: ${step.do}`, follow);
    context.logger.info("recovered", { ...step });
  } catch (error) {
    context.logger.error("cannot recover", { step: step.do, id: step.id, error: messageOf(error) });
  }
}

/** A stop that had begun goes on: whoever asked for it may never ask again. */
function watch(
  context: PodContext,
  stops: ContainerStops,
  { id, process }: { readonly id: ContainerId; readonly process: MonitoredProcess },
): void {
  const record = getContainer(context, id);
  const { runtime } = context.handlers.of(getSandbox(context, record.sandboxId));
  context.supervisor.watch(id, runtime, handleOf(context, record, process));
  stops.resume(record);
}

function endHalfStarted(context: PodContext, id: ContainerId): void {
  markNeverRan(context, getContainer(context, id), {
    reason: "StartError",
    message: "crispd ended while it started the container",
  });
}

function endOfOldBoot(context: PodContext, id: ContainerId): void {
  context.containers.update(id, (old) => ({
    ...old,
    status: {
      phase: "exited",
      startedAtNanos: old.status.phase === "running" ? old.status.startedAtNanos : 0n,
      finishedAtNanos: context.clock.nowNanos(),
      // The end of the boot ended it.
      exitCode: killedExitCode,
      reason: "NodeRestarted",
      message: "the machine was started anew",
    },
  }));
}
