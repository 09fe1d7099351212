import { join } from "node:path";
import type { Config, RuntimeConfig } from "#config";
import type { Logger, Scope } from "#foundation";
import type { Host } from "#host";
import { createConmonRuntime, loadShimRuntime, type OciRuntime } from "#runtime";

interface RuntimeDeps {
  readonly host: Host;
  readonly logger: Logger;
  readonly cgroupDriver: "cgroupfs" | "systemd";
}

/** Makes the runtime of each handler; what one of them opens is closed with the scope. */
export async function openRuntimes(config: Config, deps: RuntimeDeps, scope: Scope): Promise<readonly OciRuntime[]> {
  return await Promise.all(
    Object.entries(config.runtimes).map(async ([handler, runtime]) =>
      runtime.type === "shim"
        ? await openShim(config, { handler, runtime, deps, scope })
        : createConmonRuntime(
            {
              ...commonOptions(config, handler, deps),
              runtimePath: runtime.path,
              runtimeRoot: rootOf(config, handler),
            },
            deps,
          ),
    ),
  );
}

interface ShimHandler {
  readonly handler: string;
  readonly runtime: RuntimeConfig;
  readonly deps: RuntimeDeps;
  readonly scope: Scope;
}

async function openShim(config: Config, { handler, runtime, deps, scope }: ShimHandler): Promise<OciRuntime> {
  const shims = await loadShimRuntime(
    {
      ...commonOptions(config, handler, deps),
      shimPath: runtime.path,
      root: rootOf(config, handler),
      sandboxer: runtime.sandboxer,
      options: runtime.options,
    },
    deps,
  );
  scope.defer(`shims of ${handler}`, () => shims.close());
  return shims;
}

interface CommonOptions {
  readonly handler: string;
  readonly conmonPath: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
}

function commonOptions(config: Config, handler: string, { cgroupDriver }: RuntimeDeps): CommonOptions {
  return { handler, conmonPath: config.monitor.path, cgroupDriver };
}

function rootOf({ state, runtimes }: Config, handler: string): string {
  const root = runtimes[handler]?.root ?? "";
  return root === "" ? join(state, "runtimes", handler) : root;
}
