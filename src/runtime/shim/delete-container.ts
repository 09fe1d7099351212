import { abortReason, deadline } from "#foundation";
import type { EndState, ShimState } from "#spec";
import { wrongState } from "../faults.ts";
import type { CallOptions, ContainerRef, RuntimeState } from "../types.ts";
import { isConnectionLost, isRefusal, shimSilent } from "./faults.ts";
import { findStray, leaveShim } from "./join-shim.ts";
import { killShim } from "./kill-container.ts";
import { stopKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { serviceOf } from "./services.ts";
import { readEndState, readShimState, shimFiles, writeState } from "./shim-files.ts";
import { endStrays } from "./strays.ts";
import { deleteTask, impatient, inspectTask, isShimAlive, isShimDying, killTask, type ShimTask } from "./task.ts";

const sigkill = 9;

/** Removes what the shim has of a container, and the shim when it was the last; see `ContainerLifecycle.delete`. */
export async function deleteContainer(
  context: ShimContext,
  container: ContainerRef,
  { isForced = false, signal }: CallOptions & { readonly isForced?: boolean },
): Promise<void> {
  const log = { bundleDirectory: shimFiles(container.bundleDirectory).keeperDirectory };
  if (isForced) await context.logs.hurry(log);
  const state = await findShimOf(context, container);
  if (state === undefined) {
    if (isForced) await endStrays(context, container);
  } else if (isForced && state.isOwner) await endWithShim(context, { ...container, state }, signal);
  else await endTask(context, { ...container, state }, { isForced, signal });
  await stopKeeper(context, container);
  await context.logs.end(log);
  await forget(context, container);
}

interface Ending {
  readonly isForced: boolean;
  readonly signal: AbortSignal | undefined;
}

async function endTask(context: ShimContext, task: ShimTask, { isForced, signal }: Ending): Promise<void> {
  const found = await inspectContainer(context, task, signal === undefined ? {} : { signal });
  if (!isForced && (found === "running" || found === "paused")) throw wrongState("delete", task.id, `it is ${found}`);
  if (found !== "missing") await end(context, task, found);
  if (isShimAlive(context, task.state)) await leaveShim(context, task);
}

/** A shim that does not do its part is killed; what it had is its program's to clean up. */
async function endWithShim(context: ShimContext, task: ShimTask, signal: AbortSignal | undefined): Promise<void> {
  try {
    await endTask(impatient(context), task, { isForced: true, signal });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await killShim(context, task, error);
    await context.exits().follow(task);
  }
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
    if (isConnectionLost(error) && (await isShimDying(context, state))) return "stopped";
    throw error;
  }
}

/** A shim that its daemon had no time to write down is written down now: the rest goes by that. */
async function findShimOf(context: ShimContext, container: ContainerRef): Promise<ShimState | undefined> {
  const { host } = context;
  const known = await readShimState(host, container.bundleDirectory);
  if (known !== undefined) return known;
  const stray = await findStray(context, container);
  if (stray !== undefined) await writeState(host, shimFiles(container.bundleDirectory).shim, stray);
  return stray;
}

async function end(context: ShimContext, task: ShimTask, found: RuntimeState): Promise<void> {
  if (found !== "stopped") await killTask(context, task, sigkill, "all");
  // A sandbox that was never started has no end that anybody could wait for.
  if (task.state.kind === "sandbox" && found === "stopped" && isShimAlive(context, task.state)) return;
  const { isKept } = await awaitEnd(context, task);
  if (isKept === true) await deleteTask(context, task);
}

async function awaitEnd(context: ShimContext, task: ShimTask): Promise<EndState> {
  const { callMs } = context.settings.timeouts;
  const ending = context.exits().follow(task);
  const late = abortReason(deadline(callMs)).catch(() => {
    throw shimSilent(serviceOf(task.state).waitMethod, callMs);
  });
  return await Promise.race([ending, late]);
}

/** The bundle itself is its maker's to remove. */
async function forget({ host }: ShimContext, { bundleDirectory }: ContainerRef): Promise<void> {
  const { address, log, shim, end: ended, oom, keeperDirectory } = shimFiles(bundleDirectory);
  // The one that says that there was something goes last.
  for (const path of [keeperDirectory, address, log, oom, ended, shim]) await host.files.remove(path);
}
