import { Fault, isFault, messageOf, settlesWithin } from "#foundation";
import type { Host, ProcessIdentity } from "#host";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { decodeShimBootstrap, type ShimAddress, type ShimState } from "#spec";
import { killProcess } from "../process-life.ts";
import type { ContainerRef, CreateRequest, PodMembership } from "../types.ts";
import { isConnectionLost, shimFailed } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { podOfMember } from "./pod-annotations.ts";
import { serviceOf } from "./services.ts";
import type { ShimClient } from "./shim-client.ts";
import { readShimState, shimFiles, writeState } from "./shim-files.ts";
import { startShim, startTimeoutMs } from "./shim-program.ts";
import { endStrays } from "./strays.ts";
import { optionsOf, type ShimTask } from "./task.ts";

/** Time that a shim which has nothing left to do has to end. */
const endMs = 10_000;

/**
 * Finds the shim that a container is to be with, starts it where there is none, and writes it down.
 *
 * Each container asks the shim's program, which knows whether its shims take whole pods; once one of a pod's containers
 * was sent to the shim of the sandbox, the next ones go there at once. Nobody can cancel it: a shim whose start was broken
 * off would be known to nobody.
 */
export async function joinShim(context: ShimContext, request: CreateRequest): Promise<ShimState> {
  const sandbox = await sandboxShim(context, request.pod);
  const state = await findShim(context, { request, sandbox });
  await writeState(context.host, shimFiles(request.bundleDirectory).shim, state);
  return state;
}

/**
 * The shim of a container whose daemon ended before it wrote it down: Go shims leave their address in the bundle that they
 * were started in. Undefined when there is none.
 */
export async function findStray(context: ShimContext, container: ContainerRef): Promise<ShimState | undefined> {
  const { files } = context.host;
  const { address } = shimFiles(container.bundleDirectory);
  if ((await files.stat(address)) === undefined) return undefined;
  try {
    const state = await describeShim(context, container, decodeShimBootstrap(await files.readText(address)));
    return { ...state, isOwner: !(await isOfWholePod(context, container, state)) };
  } catch (error) {
    if (isConnectionLost(error)) return undefined;
    throw error;
  }
}

/** Whether a container's shim has also what stands for the pod: a member's address can be that one's. */
async function isOfWholePod(
  context: ShimContext,
  { id, bundleDirectory }: ContainerRef,
  state: ShimState,
): Promise<boolean> {
  const config = await context.host.files.readText(shimFiles(bundleDirectory).config);
  const sandboxId = podOfMember(config, id);
  if (sandboxId === undefined) return false;
  try {
    const client = await context.shims.get(state);
    await client.call(Task.method.state, { id: sandboxId }, optionsOf(context));
    return true;
  } catch (error) {
    if (!isConnectionLost(error) && isFault(error, "not-found")) return false;
    throw error;
  }
}

/** Ends the shim that was started for a container, which is the last of it; the shim of its pod's sandbox goes with that. */
export async function leaveShim(context: ShimContext, { id, state }: Pick<ShimTask, "id" | "state">): Promise<void> {
  if (!state.isOwner) return;
  try {
    const client = await context.shims.get(state);
    await serviceOf(state).shutdown(client, id, optionsOf(context));
  } catch (error) {
    if (isFault(error, "unsupported")) return await endShim(context, state);
    // It may end before it has answered.
    if (!isConnectionLost(error)) throw error;
  }
  await awaitEnd(context, { id, state });
}

interface Wanted {
  readonly request: CreateRequest;
  readonly sandbox: ShimState | undefined;
}

async function findShim(context: ShimContext, { request, sandbox }: Wanted): Promise<ShimState> {
  const { grouping, settings } = context;
  if (sandbox !== undefined && (settings.sandboxer === "shim" || grouping.isKnown))
    return { ...sandbox, kind: "task", isOwner: false };
  try {
    const address = await startShim(context, request);
    if (sandbox?.socketPath === address.socketPath) {
      grouping.isKnown = true;
      return { ...sandbox, kind: "task", isOwner: false };
    }
    return await describeShim(context, request, address);
  } catch (error) {
    await endStrays(context, request);
    throw isConnectionLost(error) ? shimFailed("start the shim", messageOf(error), error) : error;
  }
}

/** Asks a shim that was just started who it is. */
async function describeShim(context: ShimContext, { id }: ContainerRef, address: ShimAddress): Promise<ShimState> {
  const client = await connectTo(context, address);
  const { shimPid } = await client.call(Task.method.connect, { id }, { timeoutMs: startTimeoutMs(context.settings) });
  const process = identify(context.host, shimPid);
  if (process === undefined) throw shimFailed("the shim's Connect", `it says process ${shimPid}, which there is not`);
  return { ...address, process, kind: "task", isOwner: true };
}

async function connectTo({ shims }: ShimContext, address: ShimAddress): Promise<ShimClient> {
  try {
    return await shims.get(address);
  } catch (error) {
    throw Fault.within("nobody is at the address that the shim's start gave", error);
  }
}

function identify({ processes }: Pick<Host, "processes">, pid: number): ProcessIdentity | undefined {
  return pid > 0 ? processes.identify(pid) : undefined;
}

async function sandboxShim(context: ShimContext, pod: PodMembership | undefined): Promise<ShimState | undefined> {
  if (pod === undefined || pod.role === "sandbox") return undefined;
  return await readShimState(context.host, pod.sandboxBundle);
}

/** Ends a shim itself, and its socket with it. */
export async function endShim(context: ShimContext, state: ShimState): Promise<void> {
  await killProcess(context.host, state.process);
  await context.host.files.remove(state.socketPath);
  context.shims.forget(state);
}

async function awaitEnd(context: ShimContext, { id, state }: Pick<ShimTask, "id" | "state">): Promise<void> {
  const { host, logger, shims } = context;
  const watch = host.processes.watch(state.process);
  if (watch === undefined) return;
  try {
    if (await settlesWithin(watch.ended, endMs)) return;
    logger.warn("shim does not end and is killed", { containerId: id, pid: state.process.pid });
    await endShim(context, state);
  } catch (error) {
    if (!isFault(error, "not-found")) throw error;
  } finally {
    watch.close();
    shims.forget(state);
  }
}
