import { join } from "node:path";
import { serveAdmin } from "#admin";
import type { Config } from "#config";
import { serveCri } from "#cri";
import { createStageLog, createSystemClock, Fault, type Logger, Scope, Stages } from "#foundation";
import { createGrpcServer, type GrpcServer } from "#grpc";
import { type Host, observeProcesses } from "#host";
import { createImages } from "#image";
import { createNetwork } from "#network";
import { openNativeEngine } from "#pod";
import { createConmonRuntime, type OciRuntime } from "#runtime";
import { openStore } from "#store";
import { createStreamingServer } from "#streaming";
import { imageOptionsOf } from "./images.ts";
import { listen } from "./listener.ts";
import { policiesOf } from "./policies.ts";
import { streamingOptionsOf } from "./streaming.ts";

/** Time that running calls have to end when the daemon stops. */
const drainBudgetMs = 10_000;

export interface Daemon {
  /** Stops accepting, lets calls end, closes all. Pods run on. */
  close(): Promise<void>;
}

export interface ComposeDeps {
  readonly host: Host;
  readonly logger: Logger;
  readonly version: string;
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
    await start(config, deps, scope);
    return { close: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

async function start(config: Config, { host: machine, logger, version }: ComposeDeps, scope: Scope): Promise<void> {
  if (config.metrics.address !== undefined)
    throw new Fault("unsupported", "metrics.address: metrics are not built yet");
  const clock = createSystemClock();
  const stages = new Stages(clock, [createStageLog(logger)]);
  const processes = observeProcesses(machine.processes, (command) => stages.command(command));
  const host = { ...machine, processes };
  const cgroupDriver = await chooseCgroupDriver(config, host);
  await takeDirectories(config, host, scope);

  const store = await openStore({ directory: config.root, host, logger });
  scope.defer("store", () => store.close());
  const images = await createImages(imageOptionsOf(config), { host, store, logger });
  scope.defer("images", () => images.close());
  const network = await createNetwork(
    { confDir: config.cni.confDir, binDirs: config.cni.binDirs, cacheDir: join(config.root, "network") },
    { host, clock, logger },
  );
  scope.defer("network", () => network.close());
  const engine = await openNativeEngine(
    {
      stateDirectory: config.state,
      cgroupParent: cgroupParentOf(config, cgroupDriver),
      cgroupDriver,
      defaultHandler: config.defaultRuntime,
      policies: policiesOf(config, host),
      cdiDirectories: config.cdi.specDirs,
    },
    {
      host,
      store,
      images,
      network,
      clock,
      logger,
      stages,
      runtimes: createRuntimes(config, { host, logger, cgroupDriver }),
    },
  );
  scope.defer("engine", () => engine.close());

  const streamUrls = await createStreamingServer(streamingOptionsOf(config), {
    targets: engine,
    files: host.files,
    logger,
    clock,
  });
  scope.defer("streaming server", () => streamUrls.close());

  const server = createGrpcServer(logger);
  serveCri(server, { engine, images, streamUrls, clock, version, cgroupDriver });
  serveAdmin(server, { engine });
  await serve(config, { host, logger, server, scope });
}

/** Two daemons on one directory would undo each other's work. */
async function takeDirectories(config: Config, host: Host, scope: Scope): Promise<void> {
  for (const directory of [config.root, config.state]) {
    await host.files.makeDirectory(directory, { mode: 0o711 });
    const lock = await host.lockFile(join(directory, "lock"));
    scope.defer(`lock of ${directory}`, () => lock.release());
  }
}

async function chooseCgroupDriver({ cgroup }: Config, host: Host): Promise<"cgroupfs" | "systemd"> {
  if (cgroup.driver !== "auto") return cgroup.driver;
  // The directory exists exactly where systemd is the init: sd_booted(3).
  return (await host.files.stat("/run/systemd/system")) === undefined ? "cgroupfs" : "systemd";
}

function cgroupParentOf({ cgroup }: Config, driver: "cgroupfs" | "systemd"): string {
  if (driver === "cgroupfs" || cgroup.parent.endsWith(".slice")) return cgroup.parent;
  return `${cgroup.parent}.slice`;
}

interface RuntimeDeps {
  readonly host: Host;
  readonly logger: Logger;
  readonly cgroupDriver: "cgroupfs" | "systemd";
}

function createRuntimes(config: Config, deps: RuntimeDeps): readonly OciRuntime[] {
  return Object.entries(config.runtimes).map(([handler, runtime]) => {
    if (runtime.type === "shim") throw new Fault("unsupported", `runtimes.${handler}: type shim is not built yet`);
    return createConmonRuntime(
      {
        handler,
        runtimePath: runtime.path,
        runtimeRoot: runtime.root === "" ? join(config.state, "runtimes", handler) : runtime.root,
        conmonPath: config.monitor.path,
        cgroupDriver: deps.cgroupDriver,
      },
      { host: deps.host, logger: deps.logger },
    );
  });
}

interface ServeParts {
  readonly host: Host;
  readonly logger: Logger;
  readonly server: GrpcServer;
  readonly scope: Scope;
}

/** The socket comes last: kubelet takes a socket that does not answer for a broken runtime. */
async function serve(config: Config, { host, logger, server, scope }: ServeParts): Promise<void> {
  scope.defer("gRPC server", () => server.close(drainBudgetMs));
  const listener = await listen(host, logger, {
    path: config.listen,
    onConnection: (connection) => server.accept(connection),
  });
  scope.defer("listener", () => listener.close());
}
