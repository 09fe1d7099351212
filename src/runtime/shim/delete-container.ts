import { wrongState } from "../faults.ts";
import type { CallOptions, ContainerRef, RuntimeState } from "../types.ts";
import { isConnectionLost } from "./faults.ts";
import { leaveShim } from "./join-shim.ts";
import { stopKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { readEndState, readShimState, shimFiles } from "./shim-files.ts";
import { inspectTask, isShimAlive, killTask } from "./task.ts";

const sigkill = 9;

/** Removes what the shim has of a container, and the shim when it was the last; see `ContainerLifecycle.delete`. */
export async function deleteContainer(
  context: ShimContext,
  container: ContainerRef,
  { isForced = false, signal }: CallOptions & { readonly isForced?: boolean },
): Promise<void> {
  const { host } = context;
  const state = await readShimState(host, container.bundleDirectory);
  if (state !== undefined) {
    const found = await inspectContainer(context, container, signal === undefined ? {} : { signal });
    if (!isForced && (found === "running" || found === "paused")) {
      throw wrongState("delete", container.id, `it is ${found}`);
    }
    if (found !== "missing") await end(context, container, found);
    if (isShimAlive(context, state)) await leaveShim(context, { ...container, state });
  }
  await stopKeeper(context, container);
  await forget(context, container);
}

/** What is known of a container, by what was written down of its end, or else by its shim. */
export async function inspectContainer(
  context: ShimContext,
  container: ContainerRef,
  options: CallOptions,
): Promise<RuntimeState> {
  const { host } = context;
  const state = await readShimState(host, container.bundleDirectory);
  if (state === undefined) return "missing";
  if ((await readEndState(host, container.bundleDirectory)) !== undefined) return "stopped";
  try {
    return await inspectTask(context, { ...container, state }, options);
  } catch (error) {
    if (isConnectionLost(error) && !isShimAlive(context, state)) return "stopped";
    throw error;
  }
}

async function end(context: ShimContext, container: ContainerRef, found: RuntimeState): Promise<void> {
  const state = await readShimState(context.host, container.bundleDirectory);
  if (state !== undefined && found !== "stopped") await killTask(context, { ...container, state }, sigkill, "all");
  await context.exits().follow(container);
}

/** The bundle itself is its maker's to remove. */
async function forget({ host }: ShimContext, { bundleDirectory }: ContainerRef): Promise<void> {
  const { shim, end: ended, oom, keeperDirectory } = shimFiles(bundleDirectory);
  // The one that says that there was something goes last.
  for (const path of [keeperDirectory, oom, ended, shim]) await host.files.remove(path);
}
