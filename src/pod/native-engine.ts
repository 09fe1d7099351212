import type { DoctorCheck } from "#doctor";
import {
  type Clock,
  type ContainerId,
  InFlight,
  Joinable,
  KeyedLock,
  type Logger,
  type SandboxId,
  Scope,
  type Stages,
  settlesWithin,
} from "#foundation";
import type { Host } from "#host";
import type { Images } from "#image";
import type { Network } from "#network";
import type { RuntimeFeatures } from "#runtime";
import type { Journal, RecordTable, Store } from "#store";
import { ClampLog } from "./clamps.ts";
import { containerCodec, sandboxCodec } from "./codec.ts";
import { attach } from "./container/attach.ts";
import { createContainer, creationKey } from "./container/create.ts";
import { exec } from "./container/exec.ts";
import { execSync } from "./container/exec-sync.ts";
import { explainContainer, prepareExplaining } from "./container/explain.ts";
import { OomLedger } from "./container/oom-ledger.ts";
import { releaseContainer } from "./container/release.ts";
import { removeContainer } from "./container/remove.ts";
import { reopenLog } from "./container/reopen-log.ts";
import { ContainerStarts } from "./container/starts.ts";
import { ContainerStops } from "./container/stop.ts";
import { Supervisor } from "./container/supervisor.ts";
import { updateContainerResources } from "./container/update-resources.ts";
import type { PodContext, PodOptions } from "./context.ts";
import { endActs } from "./end-acts.ts";
import type { Engine } from "./engine.ts";
import { type EventJournal, PodEvents } from "./events/pod-events.ts";
import { matchesContainer, matchesSandbox } from "./filter.ts";
import { getContainer, getSandbox } from "./find.ts";
import { type HandlerSet, Handlers } from "./handlers.ts";
import { Health } from "./health.ts";
import { readKernelFacts } from "./kernel-facts.ts";
import { type MappingSupport, probeMapping } from "./mapping-support.ts";
import { observeTable, type RecordChange } from "./observed-table.ts";
import { createPodPaths } from "./paths.ts";
import { startPeriodic } from "./periodic.ts";
import type { ContainerRecord, SandboxRecord } from "./records.ts";
import { recover } from "./recovery/apply.ts";
import { applyRetention } from "./retention/apply.ts";
import { collectNetworks } from "./sandbox/collect-networks.ts";
import { preparePauseRoot } from "./sandbox/pause.ts";
import { PauseWatches } from "./sandbox/pause-watches.ts";
import { portForward } from "./sandbox/port-forward.ts";
import { pullFor } from "./sandbox/pull-for.ts";
import { removeSandbox } from "./sandbox/remove.ts";
import { runKey, runSandbox } from "./sandbox/run.ts";
import { stopSandbox } from "./sandbox/stop.ts";
import { StopRetries } from "./sandbox/stop-retries.ts";
import { updateSandboxResources } from "./sandbox/update-resources.ts";
import { assertSandboxConfig } from "./sandbox/validate.ts";
import { actOnContainer } from "./stage.ts";
import { findDevice } from "./stats/find-device.ts";
import { createLayerUsages } from "./stats/layer-usages.ts";
import { Sampler } from "./stats/sampler.ts";
import { createTaskCensuses } from "./stats/task-censuses.ts";
import { Views } from "./views.ts";

export interface NativeEngineDeps {
  readonly host: Host;
  readonly store: Pick<Store, "directory" | "records" | "snapshots" | "hold" | "release" | "probe">;
  readonly images: Pick<Images, "find" | "assertAllowed">;
  readonly network: Network;
  readonly handlers: HandlerSet;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stages: Stages;
  /** Where events are kept, and what objects there were. */
  readonly journal: EventJournal & Pick<Journal, "findObjects">;
}

/** Longest time that the start waits for the first probe: pods are told of by their records, whatever hangs on the node. */
const firstProbeMs = 1_000;
/** Time between two probes of the node's health. */
const probePeriodMs = 30_000;
/** Time between two looks at which ended containers may go. */
const retentionPeriodMs = 10 * 60_000;
/** Time between two collections of what is left of networks. */
const networkPeriodMs = 60 * 60_000;

/** An engine with its life in the daemon: closing it leaves all pods running. */
export interface NativeEngine extends Engine {
  /** What can be wrong with pods and containers, for the doctor. */
  checks(): Promise<readonly DoctorCheck[]>;
  /** Takes other handlers for pods that come, and probes them; pods that are there keep what they have. */
  useHandlers(set: HandlerSet): Promise<void>;
  /** The definitions of handlers that pods have been made with, and need for as long as they are there. */
  definitionsInUse(): ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * Opens the engine that runs pods itself, through OCI runtimes: recovers what
 * an earlier daemon left, and probes the node once; where that takes long, it
 * ends later.
 */
export async function openNativeEngine(options: PodOptions, deps: NativeEngineDeps): Promise<NativeEngine> {
  await preparePauseRoot(options, deps);
  const features = new Map<string, RuntimeFeatures>();
  const events = new PodEvents(deps.journal);
  const { snapshots, directory: mountpoint } = deps.store;
  const layers = createLayerUsages({ snapshots, mountpoint, clock: deps.clock, logger: deps.logger });
  const context = createContext(options, deps, {
    kernel: await readKernelFacts(deps.host, deps.logger),
    mapping: await probeUserNamespaces(options, deps),
    features,
    events,
    onRemoved: (id) => {
      sampler.forget(id);
      starts.forget(id as ContainerId);
    },
    onSandboxChanged: (change) => pauses.changed(change),
    stopAgain: (id) => stopSandbox(context, stops, id),
  });
  const pauses: PauseWatches = new PauseWatches(context, (id) => stopSandbox(context, stops, id));
  const censuses = createTaskCensuses(context);
  const device = await findDevice(deps.host, mountpoint);
  const sampler = new Sampler(context, { layers, censuses, mountpoint, device });
  const stops = new ContainerStops(context);
  const starts = new ContainerStarts(context);
  const scope = new Scope(deps.logger);
  const inFlight = new InFlight();
  scope.defer("layer usage", () => layers.close());
  scope.defer("task censuses", () => censuses.close());
  const health = createHealth(context, deps, features);
  events.open(context);
  await prepareExplaining(context);
  scope.defer("acts", () => endActs(inFlight, deps.logger));
  await recover(context, stops, (name, work) => scope.spawn(name, work));
  pauses.open();
  scope.defer("pause watches", () => pauses.close());
  startHousekeeping(context, stops, scope);
  scope.defer("repeated stops", () => context.stopRetries.close());
  const probing = startPeriodic(probePeriodMs, () => health.probe(scope.signal));
  scope.defer("health probes", () => probing.close());
  await settlesWithin(probing.first, firstProbeMs);
  // Closed before all others: who waits for the end of a container must not wait for it.
  scope.defer("supervisor", () => context.supervisor.close());
  const checks = (): Promise<readonly DoctorCheck[]> => createChecks({ context, stops, health, journal: deps.journal });
  const parts = { context, inFlight, starts, stops, health, scope, sampler, events, probed: probing.first };
  return { ...createEngine(parts), checks };
}

interface CheckParts {
  readonly context: PodContext;
  readonly stops: ContainerStops;
  readonly health: Health;
  readonly journal: NativeEngineDeps["journal"];
}

/** Loaded when somebody asks: most daemons are never examined. */
async function createChecks({ context, stops, health, journal }: CheckParts): Promise<readonly DoctorCheck[]> {
  const { createEngineChecks } = await import("./doctor/checks.ts");
  return createEngineChecks({
    context,
    stops,
    recall: (id) => journal.findObjects(id).find((object) => object.id === id && object.kind !== "leftover"),
    probe: async (signal) => {
      await health.probe(signal);
      return health.current();
    },
  });
}

function startHousekeeping(context: PodContext, stops: ContainerStops, scope: Scope): void {
  const retention = startPeriodic(retentionPeriodMs, () => applyRetention(context, stops));
  scope.defer("retention", () => retention.close());
  const networks = startPeriodic(networkPeriodMs, () => collectNetworks(context));
  scope.defer("network collection", () => networks.close());
}

async function probeUserNamespaces(
  { stateDirectory }: PodOptions,
  { host, store, logger }: NativeEngineDeps,
): Promise<MappingSupport> {
  const support = await probeMapping(host, store.snapshots, stateDirectory);
  if (!support.isPossible) logger.warn("pods cannot have user namespaces here", { problem: support.problem });
  return support;
}

interface ContextParts extends Pick<PodContext, "kernel" | "features" | "mapping"> {
  readonly events: PodEvents;
  /** Told of each sandbox and container that is gone. */
  readonly onRemoved: (id: string) => void;
  readonly onSandboxChanged: (change: RecordChange<SandboxRecord>) => void;
  /** Repeats the stop of a sandbox. */
  readonly stopAgain: (id: SandboxId) => Promise<void>;
}

function createContext(
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
  const paths = createPodPaths(options.stateDirectory);
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
    [...containers.all().values()].flatMap(({ status }) =>
      status.phase === "running" ? [status.process.cgroupPath] : [],
    );
  return new OomLedger({ cgroups, running });
}

function createHealth(
  context: PodContext,
  { store }: NativeEngineDeps,
  features: Map<string, RuntimeFeatures>,
): Health {
  const { host, handlers, network, mapping, sandboxes } = context;
  return new Health({
    host,
    handlers,
    network,
    countPods: (wanted) => [...sandboxes.all().values()].filter(({ definition }) => definition === wanted).length,
    probeStore: () => store.probe(),
    rootDirectory: store.directory,
    features,
    mapping,
  });
}

interface EngineParts {
  readonly context: PodContext;
  /** The acts that change something. */
  readonly inFlight: InFlight;
  readonly starts: ContainerStarts;
  readonly stops: ContainerStops;
  readonly health: Health;
  readonly scope: Scope;
  readonly sampler: Sampler;
  readonly events: PodEvents;
  /** The first probe: what pods can be given is known after it. */
  readonly probed: Promise<void>;
}

function createEngine(parts: EngineParts): Omit<NativeEngine, "checks"> {
  return {
    ...sandboxActs(parts),
    ...containerActs(parts),
    ...observations(parts),
    health: () => parts.health.current(),
    useHandlers: async (set) => {
      parts.context.handlers.replace(set);
      await parts.health.probe(parts.scope.signal);
    },
    definitionsInUse: () => new Set([...parts.context.sandboxes.all().values()].map(({ definition }) => definition)),
    close: () => parts.scope.close(),
  };
}

type SandboxActs = Pick<
  Engine,
  | "runSandbox"
  | "stopSandbox"
  | "removeSandbox"
  | "updateSandboxResources"
  | "usePodCidrs"
  | "getSandbox"
  | "listSandboxes"
  | "portForward"
  | "pullFor"
>;

function sandboxActs({ context, inFlight, stops, probed }: EngineParts): SandboxActs {
  const runs = new Joinable<SandboxId>();
  return {
    runSandbox: async (config, handler) => {
      assertSandboxConfig(config);
      await probed;
      const key = runKey(config.metadata);
      return await inFlight.run(`run sandbox ${key}`, () =>
        runs.join(key, () => runSandbox(context, stops, { config, handler })),
      );
    },
    stopSandbox: (id) => inFlight.run(`stop sandbox ${id}`, () => stopSandbox(context, stops, id)),
    removeSandbox: (id) => inFlight.run(`remove sandbox ${id}`, () => removeSandbox(context, stops, id)),
    updateSandboxResources: (id, resources) => updateSandboxResources(context, id, resources),
    usePodCidrs: (podCidrs) => context.network.usePodCidrs(podCidrs),
    getSandbox: (id) => context.views.sandbox(getSandbox(context, id)),
    listSandboxes: (filter) =>
      [...context.sandboxes.all().values()]
        .filter(({ status }) => status.phase !== "creating")
        .map((record) => context.views.sandbox(record))
        .filter((view) => matchesSandbox(view, filter)),
    portForward: (target, options) => portForward(context, target, options),
    pullFor: (pod, image, pull) => pullFor(context, { pod, image }, pull),
  };
}

type Observations = Pick<
  Engine,
  "containerStats" | "listContainerStats" | "sandboxStats" | "listSandboxStats" | "sandboxDetails" | "watchEvents"
>;

function observations({ context, sampler, events }: EngineParts): Observations {
  return {
    containerStats: (id) => sampler.container(id),
    listContainerStats: (filter) => sampler.listContainers(filter),
    sandboxStats: async (id) => await sampler.sandbox(id),
    listSandboxStats: (filter) => sampler.listSandboxes(filter),
    sandboxDetails: () => sampler.details(),
    watchEvents: (signal, options) => events.watch(context, signal, options),
  };
}

type ContainerActs = Omit<Engine, keyof SandboxActs | keyof Observations | "health">;

function containerActs({ context, inFlight, starts, stops, probed }: EngineParts): ContainerActs {
  const creations = new Joinable<ContainerId>();
  return {
    createContainer: async (sandboxId, config) => {
      await probed;
      const sandbox = getSandbox(context, sandboxId);
      const key = creationKey(sandbox, config);
      return await inFlight.run(`create container ${key}`, () =>
        creations.join(key, () => createContainer(context, stops, { sandbox, config })),
      );
    },
    startContainer: (id, options) => inFlight.run(`start container ${id}`, () => starts.start(id, options?.signal)),
    stopContainer: (id, timeoutMs) => inFlight.run(`stop container ${id}`, () => stops.stop(id, timeoutMs)),
    removeContainer: (id) => inFlight.run(`remove container ${id}`, () => removeContainer(context, stops, id)),
    explainContainer: (request) => explainContainer(context, request),
    updateContainerResources: (id, change) =>
      inFlight.run(`update container ${id}`, () => updateContainerResources(context, id, change)),
    getContainer: (id) => context.views.container(getContainer(context, id)),
    listContainers: (filter) =>
      [...context.containers.all().values()]
        .filter(({ status }) => status.phase !== "creating")
        .map((record) => context.views.container(record))
        .filter((view) => matchesContainer(view, filter)),
    execSync: (id, options) => execSync(context, id, options),
    exec: (request, options) => exec(context, request, options),
    attach: (request, options) => attach(context, request, options),
    reopenContainerLog: (id) => reopenLog(context, id),
  };
}
