import { basename, join, resolve } from "node:path";
import { serveAdmin } from "#admin";
import {
  type Config,
  type ConfigChange,
  type FaultPlan,
  listChanges,
  readProxyEnvironment,
  type Supervision,
} from "#config";
import { containerConfigFromProto, eventToProto, pullFromProto, sandboxConfigFromProto, serveCri } from "#cri";
import { type CallContexts, type Clock, createSystemClock, type Logger, live, Scope } from "#foundation";
import { createGrpcServer, type GrpcServer } from "#grpc";
import type { Host } from "#host";
import { createImages, type Images } from "#image";
import { createNetwork, type Network, type NetworkOptions } from "#network";
import { type NativeEngine, openNativeEngine, type PodOptions } from "#pod";
import { parseProxyRules, slicePath } from "#spec";
import { openStore, type Store } from "#store";
import { createStreamingServer } from "#streaming";
import { createExaminer } from "./doctor.ts";
import { HandlerKeeper } from "./handler-keeper.ts";
import { imageOptionsOf } from "./images.ts";
import { listen } from "./listener.ts";
import { type Observers, openObservers } from "./observers.ts";
import { assertPolicies } from "./policies.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { programDirectoryOf, runtimeOpener } from "./runtimes.ts";
import { takeShutdownMark } from "./shutdown-mark.ts";
import { streamingOptionsOf } from "./streaming.ts";
import { askVersion } from "./supervision/ask-version.ts";
import type { Notifier } from "./supervision/notifier.ts";
import { startWatchdog } from "./supervision/watchdog.ts";

/** Time that running calls have to end when the daemon stops. */
const drainBudgetMs = 10_000;

export interface Daemon {
  /**
   * Gives everybody another configuration; answers with what differs, and what of it waits for the next start.
   *
   * @throws Fault `invalid` when its parts contradict each other; then nothing has changed
   */
  reload(config: Config): Promise<readonly ConfigChange[]>;
  /** Stops accepting, lets calls end, closes all. Pods run on. */
  close(): Promise<void>;
}

export interface ComposeDeps {
  readonly host: Host;
  readonly logger: Logger;
  /** The calls that run, of which the log knows, too. */
  readonly contexts: CallContexts;
  readonly version: string;
  readonly supervision: Supervision;
  readonly notifier: Notifier;
  readonly faultPlan: FaultPlan | undefined;
  /** Reads the configuration from its files. @throws Fault `invalid` naming what is wrong with it */
  readonly load: () => Promise<Config>;
}

/**
 * Starts the daemon: everything in order of dependency inside one scope, so
 * that what fails half way takes down what it had started.
 *
 * @throws Fault `busy` when another daemon works on the same directories
 */
export async function startDaemon(config: Config, deps: ComposeDeps): Promise<Daemon> {
  const scope = new Scope(deps.logger);
  try {
    const reload = await start(config, deps, scope);
    return { reload, close: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

async function start(config: Config, deps: ComposeDeps, scope: Scope): Promise<Daemon["reload"]> {
  const current: CurrentConfig = { config };
  const ground = await openGround(current, deps, scope);
  const node = await openNode(current, ground, scope);
  const { host, clock, logger, cgroupDriver } = ground;
  const { engine, images, network, keeper } = node;
  const streamUrls = await createStreamingServer(
    live(() => streamingOptionsOf(current.config)),
    { targets: engine, files: host.files, logger, clock },
  );
  scope.defer("streaming server", () => streamUrls.close());

  const server = createGrpcServer({ logger, contexts: deps.contexts, observers: [ground.observers.calls] });
  serveCri(server, { engine, images, streamUrls, clock, version: deps.version, cgroupDriver });
  const decoders = { sandbox: sandboxConfigFromProto, container: containerConfigFromProto };
  const examiner = createExaminer({ ...ground, engine, current: () => current.config, load: deps.load });
  serveAdmin(server, { engine, images, pullFromProto, eventToProto, decoders, journal: ground.journal, examiner });
  await ground.observers.serve(engine);
  await serve(config, { ...deps, server, scope });
  return async (next) => {
    // What contradicts itself, or this machine, is refused before anything has changed.
    streamingOptionsOf(next);
    assertPolicies(next, host);
    const changes = listChanges(current.config, next);
    const handlers = await keeper.take(next);
    await ground.observers.follow(next, engine);
    await engine.useHandlers(handlers);
    current.config = next;
    await releaseHandlers(node, next);
    await network.status({ signal: scope.signal });
    return changes;
  };
}

/** The configuration that holds now; SIGHUP replaces it. */
interface CurrentConfig {
  config: Config;
}

/** What everything stands on. */
interface Ground extends Recorder {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly observers: Observers;
  readonly store: Store;
  readonly cgroupDriver: CgroupDriver;
}

type CgroupDriver = "cgroupfs" | "systemd";

async function openGround(current: CurrentConfig, deps: ComposeDeps, scope: Scope): Promise<Ground> {
  const { config } = current;
  const { host: machine, logger, faultPlan } = deps;
  const clock = createSystemClock();
  const cgroupDriver = await chooseCgroupDriver(config, machine);
  await takeDirectories(config, machine, scope);
  await watchEnds(config, deps, scope);
  const observers = await openObservers(
    live(() => current.config),
    { ...deps, clock, scope },
  );
  const recorder = await openRecorder(
    live(() => current.config),
    { machine, clock, logger, scope, observers, faultPlan },
  );
  const { host } = recorder;
  const store = await openStore({ directory: config.root, mirror: join(config.state, "records.db"), host, logger });
  scope.defer("store", () => store.close());
  return { ...recorder, observers, logger, clock, store, cgroupDriver };
}

/** Images, networks, and the engine that makes pods of them. */
async function openNode(current: CurrentConfig, ground: Ground, scope: Scope): Promise<Node> {
  const { host, stages, logger, clock, store, cgroupDriver, observers } = ground;
  const { config } = current;
  const proxies = parseProxyRules(readProxyEnvironment());
  const images = await createImages(
    live(() => imageOptionsOf(current.config, proxies)),
    { host, store, logger, stages, onReceived: (...received) => observers.received(...received) },
  );
  scope.defer("images", () => images.close());
  const network = await createNetwork(
    live(() => networkOptionsOf(current.config)),
    { host, clock, logger },
  );
  scope.defer("network", () => network.close());
  const keeper = await openKeeper(config, ground, scope);
  const fixed = { stateDirectory: config.state, programDirectory: programDirectoryOf(config), cgroupDriver };
  const engine = await openNativeEngine(
    live(() => ({ ...fixed, ...podOptionsOf(current.config, cgroupDriver) })),
    { ...ground, images, network, handlers: await keeper.take(config) },
  );
  scope.defer("engine", () => engine.close());
  const node = { images, network, engine, keeper };
  await releaseHandlers(node, config);
  return node;
}

function networkOptionsOf({ cni, root, runtimes }: Config): NetworkOptions {
  const handlerConfDirs = Object.values(runtimes).flatMap(({ cniConfDir }) => (cniConfDir === "" ? [] : [cniConfDir]));
  return { ...cni, handlerConfDirs, cacheDir: join(root, "network") };
}

async function openKeeper(config: Config, ground: Ground, scope: Scope): Promise<HandlerKeeper> {
  const { host, logger } = ground;
  assertPolicies(config, host);
  const open = runtimeOpener(config, { ...ground, logObserver: ground.observers.logs });
  const keeper = new HandlerKeeper(join(config.root, "handlers.json"), { files: host.files, logger, open });
  scope.defer("handlers", () => keeper.close());
  await keeper.recover();
  return keeper;
}

/** Lets go of definitions of handlers whose last pod is gone. */
async function releaseHandlers({ engine, keeper }: Node, { defaultRuntime }: Config): Promise<void> {
  const set = await keeper.release(engine.definitionsInUse(), defaultRuntime);
  if (set !== undefined) await engine.useHandlers(set);
}

interface Node {
  readonly keeper: HandlerKeeper;
  readonly images: Images;
  readonly network: Network;
  readonly engine: NativeEngine;
}

/** Says so when the daemon before this one did not stop in order, and leaves the mark when this one does. */
async function watchEnds({ root }: Config, { host, logger }: ComposeDeps, scope: Scope): Promise<void> {
  const mark = await takeShutdownMark(host.files, root);
  if (!mark.wasClean) logger.warn("the daemon before this one did not stop in order");
  scope.defer("shutdown mark", () => mark.leave());
}

function podOptionsOf(
  config: Config,
  cgroupDriver: CgroupDriver,
): Omit<PodOptions, "stateDirectory" | "programDirectory" | "cgroupDriver"> {
  const { maxEndedPerContainer, minEndedAgeHours } = config.retention;
  return {
    cgroupParent: cgroupParentOf(config, cgroupDriver),
    cdiDirectories: config.cdi.specDirs,
    blockioFile: config.blockio.configFile,
    volumeTimeoutMs: config.pods.volumeTimeoutSeconds * 1_000,
    killTimeoutMs: config.pods.killTimeoutSeconds * 1_000,
    ownsNetworks: config.cni.ownsNetworks,
    retention: { maxEndedPerContainer, minEndedAgeMs: minEndedAgeHours * 3_600_000 },
  };
}

/** Two daemons on one directory would undo each other's work. */
async function takeDirectories(config: Config, host: Host, scope: Scope): Promise<void> {
  for (const directory of [config.root, config.state]) {
    await host.files.makeDirectory(directory, { mode: 0o711 });
    const lock = await host.lockFile(join(directory, "lock"));
    scope.defer(`lock of ${directory}`, () => lock.release());
  }
}

async function chooseCgroupDriver({ cgroup }: Config, host: Host): Promise<CgroupDriver> {
  if (cgroup.driver !== "auto") return cgroup.driver;
  // The directory exists exactly where systemd is the init: sd_booted(3).
  return (await host.files.stat("/run/systemd/system")) === undefined ? "cgroupfs" : "systemd";
}

/** To systemd a path stands for the slice that is called as its last part. */
function cgroupParentOf({ cgroup }: Config, driver: CgroupDriver): string {
  const path = resolve("/", cgroup.parent);
  return driver === "cgroupfs" ? path : (slicePath(`${basename(path, ".slice")}.slice`) ?? path);
}

interface ServeParts extends ComposeDeps {
  readonly server: GrpcServer;
  readonly scope: Scope;
}

/** The socket comes last: kubelet takes a socket that does not answer for a broken runtime. */
async function serve(config: Config, { server, scope, ...deps }: ServeParts): Promise<void> {
  const { host, logger, supervision, notifier } = deps;
  scope.defer("gRPC server", () => server.close(drainBudgetMs));
  const listener = await listen(host, logger, {
    path: config.listen,
    passedFd: supervision.listenFd,
    onConnection: (connection) => server.accept(connection),
  });
  scope.defer("listener", () => listener.close());
  if (supervision.watchdogMs === undefined) return;
  const ask = (timeoutMs: number): Promise<void> => askVersion(config.listen, timeoutMs);
  startWatchdog({ timeoutMs: supervision.watchdogMs, ask }, { notifier, logger, scope });
}
