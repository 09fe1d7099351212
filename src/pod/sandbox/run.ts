import { allOrNothing, type Leftover, newSandboxId, type SandboxId, together, type UndoStack } from "#foundation";
import type { SandboxConfig } from "#spec";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { sandboxExists } from "../faults.ts";
import {
  describeLeftovers,
  type MonitoredProcess,
  type SandboxRecord,
  type SandboxStatus,
  untilReboot,
} from "../records.ts";
import { actOnSandbox, type Stage, stagesOfSandbox } from "../stage.ts";
import { makeCgroupParent } from "./cgroup.ts";
import { cgroupParentOf } from "./cgroup-parent.ts";
import { mountShm, writePodFiles } from "./files.ts";
import { assertGrantable } from "./grantable.ts";
import { assertHostPortsFree } from "./host-ports.ts";
import { pinNamespaces, unpinNamespaces } from "./namespaces.ts";
import { attachTargetOf, hasPodNetwork } from "./network.ts";
import { needsPause, removePause, startPause } from "./pause.ts";
import { removeSandbox } from "./remove.ts";
import { letPodPass } from "./user-namespace.ts";

/** What names a sandbox in the eyes of a client that repeats its request. */
export function runKey({ uid, namespace, name, attempt }: SandboxConfig["metadata"]): string {
  return `${uid}/${namespace}/${name}/${attempt}`;
}

/**
 * Runs a sandbox, or finds the one that an earlier request of the same pod and
 * attempt made. To be run once a key at a time.
 */
export async function runSandbox(
  context: PodContext,
  stops: ContainerStops,
  { config, handler }: { readonly config: SandboxConfig; readonly handler: string },
): Promise<SandboxId> {
  assertGrantable(context, config, handler);
  const existing = findByKey(context, config.metadata);
  if (existing !== undefined) {
    if (existing.status.phase === "ready" && existing.isDiscarded !== true) return existing.id;
    if (existing.status.phase === "stopped" && existing.isDiscarded !== true) throw sandboxExists(existing);
    // An earlier attempt failed or was cut off, and could not be taken back whole: finish that first.
    await removeSandbox(context, stops, existing.id);
  }
  return await makeSandbox(context, config, handler);
}

/** The sandbox that was made, or is being made, by this key. */
export function findByKey({ sandboxes }: PodContext, metadata: SandboxConfig["metadata"]): SandboxRecord | undefined {
  const key = runKey(metadata);
  return sandboxes.list().find((record) => runKey(record.config.metadata) === key);
}

/** The record of a sandbox whose making begins. */
export function newSandboxRecord(context: PodContext, config: SandboxConfig, handler: string): SandboxRecord {
  return {
    id: newSandboxId(),
    config,
    handler,
    definition: context.handlers.choose(handler).definition,
    createdAtNanos: context.clock.nowNanos(),
    bootId: context.host.machine.bootId,
    cgroupParent: cgroupParentOf(context.options, config.cgroupParent),
    ownsCgroupParent: false,
    status: { phase: "creating" },
  };
}

async function makeSandbox(context: PodContext, config: SandboxConfig, handler: string): Promise<SandboxId> {
  const record = newSandboxRecord(context, config, handler);
  await context.locks.run(record.id, () =>
    actOnSandbox(context, record, "run", () =>
      allOrNothing(
        (undo) => prepareSandbox(context, record, undo),
        (leftovers) => keepLeftovers(context, record, leftovers),
      ),
    ),
  );
  const { name, namespace } = config.metadata;
  context.logger.info("sandbox ready", { sandboxId: record.id, name, namespace });
  return record.id;
}

async function prepareSandbox(context: PodContext, record: SandboxRecord, undo: UndoStack): Promise<void> {
  const { host, sandboxes, paths } = context;
  const { id } = record;
  const { directory } = paths.sandbox(id);
  const stage = stagesOfSandbox(context, record);
  const work: RunWork = { context, record, undo, stage };
  assertHostPortsFree(sandboxes.list(), record.config);
  sandboxes.insert(id, record);
  undo.push({ name: "forget sandbox", run: () => void sandboxes.remove(id, untilReboot) });
  undo.push({ name: "remove files", holdsOlder: true, run: () => host.files.remove(directory) });
  await stage("make directory", () => host.files.makeDirectory(directory, { mode: 0o700 }));
  await letPodPass(context, record, directory);
  undo.push({ name: "unpin namespaces", holdsOlder: true, run: () => unpinNamespaces(context, record) });
  await stage("make namespaces", () => pinNamespaces(context, record));
  // The plugins take most of a run's time; what does not need the network is done meanwhile.
  const [ips] = await together([(signal) => attachNetwork(work, signal), () => prepareFiles(work)]);
  const pause = await holdPidNamespace(work);
  const ready: SandboxStatus = { phase: "ready", ips, ...(pause === undefined ? {} : { pause }) };
  sandboxes.update(id, (old) => ({ ...old, status: ready }), untilReboot);
}

interface RunWork {
  readonly context: PodContext;
  readonly record: SandboxRecord;
  readonly undo: UndoStack;
  readonly stage: Stage;
}

async function prepareFiles({ context, record, undo, stage }: RunWork): Promise<void> {
  await stage("write pod files", () => writePodFiles(context, record));
  if (record.config.security.namespaces.ipc === "pod") {
    const { shm } = context.paths.sandbox(record.id);
    undo.push({ name: "unmount shm", holdsOlder: true, run: () => context.host.mounts.unmount(shm) });
    await stage("mount shm", () => mountShm(context, record));
  }
  await stage("make cgroup", () => makeCgroupParent(context, record, undo));
}

async function attachNetwork(work: RunWork, signal: AbortSignal): Promise<readonly string[]> {
  const { context, record, undo, stage } = work;
  if (!hasPodNetwork(record)) return [];
  const { network } = context;
  // Before the act: a plugin that fails may have taken an address already.
  undo.push({ name: "detach network", holdsOlder: true, run: (own) => network.detach(record.id, { signal: own }) });
  const { ips } = await stage("attach network", () => network.attach(attachTargetOf(context, record), { signal }));
  return ips;
}

/** A PID namespace lives only as long as its first process, and some runtimes have something in a pod that is not a container. */
async function holdPidNamespace({ context, record, undo, stage }: RunWork): Promise<MonitoredProcess | undefined> {
  if (!needsPause(context, record)) return undefined;
  undo.push({ name: "remove pause process", holdsOlder: true, run: () => removePause(context, record) });
  return await stage("start pause process", () => startPause(context, record));
}

function keepLeftovers(context: PodContext, { id }: SandboxRecord, leftovers: readonly Leftover[]): void {
  const problem = describeLeftovers(leftovers);
  context.logger.error("cannot take back a sandbox", { sandboxId: id, leftovers: problem });
  context.sandboxes.update(id, (old) => ({ ...old, status: { phase: "stopping", problem } }), untilReboot);
}
