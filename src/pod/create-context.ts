import { KeyedLock, type SandboxId } from "#foundation";
import type { RecordTable } from "#store";
import { ClampLog } from "./clamps.ts";
import { containerCodec, sandboxCodec } from "./codec.ts";
import { RunningCheckpoints } from "./container/checkpoint/running-checkpoints.ts";
import { OomLedger } from "./container/oom-ledger.ts";
import { releaseContainer } from "./container/release.ts";
import { Supervisor } from "./container/supervisor.ts";
import type { PodContext, PodOptions } from "./context.ts";
import type { NativeEngineDeps } from "./deps.ts";
import type { PodEvents } from "./events/pod-events.ts";
import { Handlers } from "./handlers.ts";
import { observeTable, type RecordChange } from "./observed-table.ts";
import { createPodPaths } from "./paths.ts";
import type { ContainerRecord, SandboxRecord } from "./records.ts";
import { StopRetries } from "./sandbox/stop-retries.ts";
import { actOnContainer } from "./stage.ts";
import { Views } from "./views.ts";

interface ContextParts extends Pick<PodContext, "kernel" | "features" | "mapping"> {
  readonly events: PodEvents;
  /** Told of each sandbox and container that is gone. */
  readonly onRemoved: (id: string) => void;
  readonly onSandboxChanged: (change: RecordChange<SandboxRecord>) => void;
  /** Repeats the stop of a sandbox. */
  readonly stopAgain: (id: SandboxId) => Promise<void>;
}

/** Puts together what all acts of the engine share. */
export function createContext(
  options: PodOptions,
  deps: NativeEngineDeps,
  { events, onRemoved, onSandboxChanged, stopAgain, ...facts }: ContextParts,
): PodContext {
  const { host, store, images, network, clock, logger, stages } = deps;
  const containers = observeTable(store.records("containers", containerCodec), {
    onGoing: (record) => events.containerGoes(record),
    onChange: (change) => {
      events.containerChanged(context, change);
      if (change.after === undefined && change.before !== undefined) onRemoved(change.before.id);
    },
  });
  const sandboxes = observeTable(store.records("sandboxes", sandboxCodec), {
    onGoing: (record) => events.sandboxGoes(record),
    onChange: (change) => {
      events.sandboxChanged(context, change);
      onSandboxChanged(change);
      if (change.after === undefined && change.before !== undefined) onRemoved(change.before.id);
    },
  });
  const paths = createPodPaths(options.stateDirectory, store.directory);
  const ooms = createOomLedger(options, deps, containers);
  const context: PodContext = {
    options,
    host,
    clock,
    logger,
    stages,
    sandboxes,
    containers,
    images,
    snapshots: store.snapshots,
    holdings: store,
    network,
    handlers: new Handlers(deps.handlers),
    paths,
    views: new Views(paths),
    ...facts,
    clamps: new ClampLog(logger),
    locks: new KeyedLock(),
    checkpoints: new RunningCheckpoints(),
    stopRetries: new StopRetries({ stop: stopAgain, logger }),
    ooms,
    supervisor: new Supervisor({
      ooms,
      containers,
      clock,
      logger,
      release: (record) => actOnContainer(context, record, "release", () => releaseContainer(context, record)),
    }),
  };
  return context;
}

/** Elsewhere a container's cgroup stays until its end has been seen. */
function createOomLedger(
  { cgroupDriver }: PodOptions,
  { host: { cgroups } }: NativeEngineDeps,
  containers: RecordTable<ContainerRecord>,
): OomLedger | undefined {
  if (cgroupDriver !== "systemd" || cgroups.version !== "v2") return undefined;
  const running = (): readonly string[] =>
    containers.list().flatMap(({ status }) => (status.phase === "running" ? [status.process.cgroupPath] : []));
  return new OomLedger({ cgroups, running });
}
