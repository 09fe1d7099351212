import type { DoctorCheck } from "#doctor";
import { type ContainerId, InFlight, Scope, settlesWithin } from "#foundation";
import type { RuntimeFeatures } from "#runtime";
import { removeStrayCheckpoints } from "./container/checkpoint/strays.ts";
import { prepareExplaining } from "./container/explain.ts";
import { listLogStates } from "./container/log-states.ts";
import { LogWatch } from "./container/log-watch.ts";
import { ContainerStarts } from "./container/starts.ts";
import { ContainerStops } from "./container/stop.ts";
import type { PodContext, PodOptions } from "./context.ts";
import { createContext } from "./create-context.ts";
import type { NativeEngineDeps } from "./deps.ts";
import { endActs } from "./end-acts.ts";
import type { NativeEngine } from "./engine.ts";
import { createEngine } from "./engine-acts.ts";
import { PodEvents } from "./events/pod-events.ts";
import { Health } from "./health.ts";
import { readKernelFacts } from "./kernel-facts.ts";
import { type MappingSupport, probeMapping } from "./mapping-support.ts";
import { checkpointsIn } from "./paths.ts";
import { startPeriodic } from "./periodic.ts";
import { recover } from "./recovery/apply.ts";
import { applyRetention } from "./retention/apply.ts";
import { collectNetworks } from "./sandbox/collect-networks.ts";
import { preparePauseRoot } from "./sandbox/pause.ts";
import { PauseWatches } from "./sandbox/pause-watches.ts";
import { stopSandbox } from "./sandbox/stop.ts";
import { findDevice } from "./stats/find-device.ts";
import { createLayerUsages } from "./stats/layer-usages.ts";
import { Sampler } from "./stats/sampler.ts";
import { createTaskCensuses } from "./stats/task-censuses.ts";

/** Longest time that the start waits for the first probe: pods are told of by their records, whatever hangs on the node. */
const firstProbeMs = 1_000;
/** Time between two probes of the node's health. */
const probePeriodMs = 30_000;
/** Time between two looks at which ended containers may go. */
const retentionPeriodMs = 10 * 60_000;
/** Time between two looks at how the logs of containers go. */
const logPeriodMs = 60_000;
/** Time between two collections of what is left of networks. */
const networkPeriodMs = 60 * 60_000;

/**
 * Opens the engine that runs pods itself, through OCI runtimes: recovers what
 * an earlier daemon left, and probes the node once; where that takes long, it
 * ends later.
 */
export async function openNativeEngine(options: PodOptions, deps: NativeEngineDeps): Promise<NativeEngine> {
  await preparePauseRoot(options, deps);
  await deps.host.files.makeDirectory(checkpointsIn(deps.store.directory), { mode: 0o700 });
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
  scope.defer("acts", () => {
    context.checkpoints.abandonAll();
    return endActs(inFlight, deps.logger);
  });
  await recover(context, stops, (name, work) => scope.spawn(name, work));
  scope.spawn("stray checkpoints", () => removeStrayCheckpoints(context, checkpointsIn(mountpoint)));
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
  const logs = new LogWatch({ states: () => listLogStates(context), logger: context.logger });
  const logLooks = startPeriodic(logPeriodMs, () => logs.look());
  scope.defer("looks at logs", () => logLooks.close());
}

async function probeUserNamespaces(
  { stateDirectory }: PodOptions,
  { host, store, logger }: NativeEngineDeps,
): Promise<MappingSupport> {
  const support = await probeMapping(host, store.snapshots, stateDirectory);
  if (!support.isPossible) logger.warn("pods cannot have user namespaces here", { problem: support.problem });
  return support;
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
    countPods: (wanted) => sandboxes.list().filter(({ definition }) => definition === wanted).length,
    probeStore: () => store.probe(),
    rootDirectory: store.directory,
    features,
    mapping,
  });
}
