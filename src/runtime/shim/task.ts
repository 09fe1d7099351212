import { isFault } from "#foundation";
import type { ShimState } from "#spec";
import { endsWithin, isAlive } from "../process-life.ts";
import type { CallOptions, ContainerRef, RuntimeState } from "../types.ts";
import { isConnectionLost } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { serviceOf } from "./services.ts";

const sigkill = 9;
/** Time in which the end of a shim is seen whose connection has ended. */
const dyingMs = 2_000;
/** Time that a shim has for an answer before it is ended with all that it has: less than the caller of a stop waits. */
const lastWordMs = 20_000;

/** A container, and the shim that it is with. */
export interface ShimTask extends ContainerRef {
  readonly state: ShimState;
}

/** Whether the shim's process is there, and is not another one of the same number. */
export function isShimAlive({ host }: ShimContext, { process }: ShimState): boolean {
  return isAlive(host, process);
}

/** Whether a shim whose connection has ended is dead, or dies within a moment: it may lose its sockets before its life. */
export async function isShimDying({ host }: Pick<ShimContext, "host">, { process }: ShimState): Promise<boolean> {
  return await endsWithin(host, process, dyingMs);
}

/** What the shim says of a container. */
export async function inspectTask(
  context: ShimContext,
  { id, state }: ShimTask,
  { signal }: CallOptions = {},
): Promise<RuntimeState> {
  const client = await context.shims.get(state);
  try {
    return await serviceOf(state).inspect(client, id, optionsOf(context, signal));
  } catch (error) {
    if (isFault(error, "not-found")) return "missing";
    throw error;
  }
}

/** Signals a container's first process, or all; false when there is nobody to signal. */
export async function killTask(
  context: ShimContext,
  { id, state }: ShimTask,
  signal: number,
  target: "init" | "all",
): Promise<boolean> {
  if (signal === sigkill) context.events.noteKill(id);
  try {
    const client = await context.shims.get(state);
    await serviceOf(state).kill(client, { id, signal, isWhole: target === "all" }, optionsOf(context));
    return true;
  } catch (error) {
    if (isFault(error, "not-found")) return false;
    if (isConnectionLost(error) && (await isShimDying(context, state))) return false;
    throw error;
  }
}

/** Work with a shim that is not waited for: what it does not do now is done without it. */
export function impatient(context: ShimContext): ShimContext {
  const { settings } = context;
  const timeouts = { ...settings.timeouts, callMs: Math.min(settings.timeouts.callMs, lastWordMs) };
  return { ...context, settings: { ...settings, timeouts } };
}

/** Makes the shim forget a container that has ended; it has passed on all that the container wrote when it answers. */
export async function deleteTask(context: ShimContext, { id, state }: ShimTask): Promise<void> {
  try {
    const client = await context.shims.get(state);
    await serviceOf(state).delete(client, id, optionsOf(context));
  } catch (error) {
    if (isFault(error, "not-found")) return;
    if (isConnectionLost(error) && (await isShimDying(context, state))) return;
    throw error;
  }
}

export function optionsOf(
  { settings }: ShimContext,
  signal?: AbortSignal,
): { readonly timeoutMs: number; readonly signal?: AbortSignal } {
  return { timeoutMs: settings.timeouts.callMs, ...(signal === undefined ? {} : { signal }) };
}
