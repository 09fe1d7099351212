import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Config, type RuntimeConfig, runtimeToTable } from "#config";
import { type Logger, live } from "#foundation";
import type { Host } from "#host";
import {
  createConmonRuntime,
  type LogObserver,
  loadShimRuntime,
  type OciRuntime,
  type RuntimeTimeouts,
} from "#runtime";

export interface RuntimeDeps {
  readonly host: Host;
  readonly logger: Logger;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly logObserver?: LogObserver;
}

/** A runtime, and what ends this daemon's hold on it; its containers run on. */
export interface OpenedRuntime {
  readonly runtime: OciRuntime;
  close(): Promise<void>;
}

/** What opens the runtime of a handler; what may change while it is open is asked for when it is needed. */
export type OpenRuntime = (name: string, config: RuntimeConfig, latest: () => RuntimeConfig) => Promise<OpenedRuntime>;

/** The parts of a definition with which its containers are found again; all others may change under them. */
const identifying = ["type", "path", "sandboxer", "root", "options"];

/** Names a definition of a handler: the same for the same program, state and options. */
export function nameDefinition(name: string, config: RuntimeConfig): string {
  const table = runtimeToTable(name, config);
  const parts = JSON.stringify(identifying.map((key) => table[key]));
  return `${name}@${createHash("sha256").update(parts).digest("hex").slice(0, 12)}`;
}

/** Where programs of crisp's own are: the state directory is on a file system that lets none run on many machines. */
export function programDirectoryOf({ root }: Pick<Config, "root">): string {
  return join(root, "programs");
}

/** Opens runtimes as this daemon's configuration has them. @throws Fault `invalid` for an option that the runtime does not have */
export function runtimeOpener(daemon: Config, deps: RuntimeDeps): OpenRuntime {
  const { state, monitor, logs } = daemon;
  const programDirectory = programDirectoryOf(daemon);
  return async (handler, config, latest) => {
    const base = config.root === "" ? join(state, "runtimes", handler) : config.root;
    const common = {
      handler,
      conmonPath: monitor.path,
      programDirectory,
      fullDiskWaitMs: logs.fullDiskWaitSeconds * 1_000,
      cgroupDriver: deps.cgroupDriver,
      options: config.options,
      timeouts: live(() => timeoutsOf(latest())),
    };
    if (config.type === "oci") {
      const options = { ...common, runtimePath: config.path, runtimeRoot: base };
      return { runtime: createConmonRuntime(options, deps), close: () => Promise.resolve() };
    }
    // Two definitions of one name live side by side for a while, and each has a socket of its own.
    const root = join(base, nameDefinition(handler, config).slice(-12));
    const shims = await loadShimRuntime({ ...common, shimPath: config.path, root, sandboxer: config.sandboxer }, deps);
    return { runtime: shims, close: () => shims.close() };
  };
}

function timeoutsOf({ createTimeoutSeconds, callTimeoutSeconds }: RuntimeConfig): RuntimeTimeouts {
  return { createMs: createTimeoutSeconds * 1_000, callMs: callTimeoutSeconds * 1_000 };
}
