import { join } from "node:path";
import { isFault } from "#foundation";
import type { PodContext } from "../../context.ts";
import { cgroupPathOf } from "../../placement.ts";
import type { ObservedState } from "../plan/leftovers.ts";
import { listMonitors } from "./processes.ts";

/** Looks at what is in the state directory. */
export async function observeState(context: PodContext): Promise<ObservedState> {
  const { host, options } = context;
  const { stateDirectory: directory } = options;
  const lists = await Promise.all(
    ["sandboxes", "containers"].map(async (kind) => {
      const names = await host.files.list(join(directory, kind));
      return names.map((name) => ({ id: name, path: join(directory, kind, name) }));
    }),
  );
  const found = lists.flat();
  const mounts = (await host.mounts.list()).map(({ target }) => target);
  const unknown = found.filter(({ id }) => !isRecorded(context, id));
  return {
    directory,
    directories: found.map(({ path }) => path),
    mounts: mounts.filter((target) => target.startsWith(`${directory}/`)),
    inUse: unknown.length === 0 ? new Set() : await findInUse(context, unknown),
  };
}

function isRecorded({ sandboxes, containers }: PodContext, id: string): boolean {
  return sandboxes.find(id) !== undefined || containers.find(id) !== undefined;
}

interface Unknown {
  readonly id: string;
  readonly path: string;
}

async function findInUse(context: PodContext, unknown: readonly Unknown[]): Promise<ReadonlySet<string>> {
  const monitored = new Set((await listMonitors(context)).map(({ id }) => id));
  const inUse = await Promise.all(
    unknown.map(async (one) => monitored.has(one.id) || (await hasProcess(context, one))),
  );
  return new Set(unknown.filter((_, index) => inUse[index]).map(({ id }) => id));
}

/** Its first process, or another one of that number: then nobody can tell, and it is left alone. */
async function hasProcess({ host, options }: PodContext, { id, path }: Unknown): Promise<boolean> {
  if (host.cgroups.processCount(cgroupPathOf(options, options.cgroupParent, id)) > 0) return true;
  const pids = await Promise.all(
    [path, join(path, "pause")].map(async (bundle) => {
      try {
        return Number(await host.files.readText(join(bundle, "init.pid")));
      } catch (error) {
        if (isFault(error, "not-found")) return 0;
        throw error;
      }
    }),
  );
  return pids.some((pid) => pid > 0 && host.processes.identify(pid) !== undefined);
}
