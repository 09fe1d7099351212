import { join } from "node:path";
import type { Any } from "@bufbuild/protobuf/wkt";
import { isFault, longestTimerMs, messageOf } from "#foundation";
import { CheckpointOptionsSchema } from "#proto/containerd/runc/v1/options_pb.js";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { readUsage } from "../conmon/command-usage.ts";
import { assertCriu, readDumpErrors } from "../criu.ts";
import { checkpointFailed, noCheckpoint } from "../faults.ts";
import { standStill } from "../stand-still.ts";
import type { CallOptions, CheckpointRequest, ContainerHandle, ContainerRef } from "../types.ts";
import { anyOf } from "./any.ts";
import { assertRuns } from "./exec.ts";
import { faultOfShim, isFaultOfShim } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { runtimeBeneath } from "./runtime-launcher.ts";
import { isRuncShim } from "./runtime-options.ts";
import { readShimState } from "./shim-files.ts";
import { inspectTask, optionsOf, type ShimTask } from "./task.ts";

/** Longest time that a checkpoint of an earlier daemon's may still take. */
const lastCheckpointMs = 600_000;

/** Writes a checkpoint through a container's shim; see `ContainerCheckpoint.checkpoint`. */
export async function checkpointContainer(
  context: ShimContext,
  container: ContainerHandle,
  request: CheckpointRequest & CallOptions,
): Promise<void> {
  const { id } = container;
  const act = `checkpoint ${id}`;
  const task = { ...container, state: await assertRuns(context, container, "checkpoint") };
  if (task.state.kind === "sandbox") throw noCheckpoint(act, "it is a machine, and no container");
  await assertCan(context, act);
  const freezer = {
    pause: () => ask(context, { task, act: `pause ${id}`, method: Task.method.pause }, request.signal),
    resume: () => resumeTask(context, task),
  };
  const write = async (): Promise<void> => {
    await writeImages(context, { task, container, act }, request);
    await request.whileStill();
  };
  await standStill(freezer, write, { logger: context.logger, id });
}

/** Lets a container run on that its shim has paused; one that has ended is nobody's to resume. */
export async function resumeContainer(
  context: ShimContext,
  container: ContainerRef,
  { signal }: CallOptions,
): Promise<void> {
  const state = await readShimState(context.host, container.bundleDirectory);
  if (state === undefined || state.kind === "sandbox") return;
  // It may still be at a checkpoint that an earlier daemon asked for, and answer nothing before.
  const timeouts = { ...context.settings.timeouts, callMs: lastCheckpointMs };
  await resumeTask({ ...context, settings: { ...context.settings, timeouts } }, { ...container, state }, signal);
}

async function resumeTask(context: ShimContext, task: ShimTask, signal?: AbortSignal): Promise<void> {
  const isPaused = async (): Promise<boolean> =>
    (await inspectTask(context, task, signal === undefined ? {} : { signal })) === "paused";
  if (!(await isPaused())) return;
  try {
    await ask(context, { task, act: `resume ${task.id}`, method: Task.method.resume }, signal);
  } catch (error) {
    // Whoever else has let it run on, or ended it, has done the same.
    if (await isPaused()) throw error;
  }
}

interface Question {
  readonly task: ShimTask;
  readonly act: string;
  readonly method: typeof Task.method.pause | typeof Task.method.resume;
}

async function ask(context: ShimContext, { task, act, method }: Question, signal?: AbortSignal): Promise<void> {
  try {
    const client = await context.shims.get(task.state);
    await client.call(method, { id: task.id }, optionsOf(context, signal));
  } catch (error) {
    if (isFault(error, "unsupported")) throw noCheckpoint(act, `the shim of ${context.settings.handler} cannot`);
    throw faultOfShim(context, act, error);
  }
}

/** What is beneath runc's shim can be asked before anything stands still; another shim says so itself. */
async function assertCan({ settings, host, logger }: ShimContext, act: string): Promise<void> {
  if (!isRuncShim(settings.shimPath)) return;
  const usage = await readUsage({ host, logger }, runtimeBeneath(settings), ["checkpoint", "--help"]);
  if (usage === undefined) throw noCheckpoint(act, `the runtime of ${settings.handler} was built without it`);
  assertCriu(host, act);
}

interface Dump {
  readonly task: ShimTask;
  readonly container: ContainerHandle;
  readonly act: string;
}

async function writeImages(
  context: ShimContext,
  { task, container, act }: Dump,
  { imageDirectory, workDirectory, signal }: CheckpointRequest & CallOptions,
): Promise<void> {
  const options = runcOptions(context, workDirectory);
  // All of a container's memory is written: the caller knows how long that may take.
  const patience = signal === undefined ? optionsOf(context) : { signal, timeoutMs: longestTimerMs };
  try {
    const client = await context.shims.get(task.state);
    const request = { id: task.id, path: imageDirectory, ...(options === undefined ? {} : { options }) };
    await client.call(Task.method.checkpoint, request, patience);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    await assertRuns(context, container, "checkpoint");
    if (isFault(error, "unsupported")) throw noCheckpoint(act, `the shim of ${context.settings.handler} cannot`);
    const fault = faultOfShim(context, act, error);
    if (isFaultOfShim(fault)) throw fault;
    const errors = await readDumpErrors(context.host, join(workDirectory, "dump.log"));
    throw checkpointFailed(act, messageOf(error), errors);
  }
}

/** Other shims have options of their own, which nobody here knows. */
function runcOptions({ settings }: ShimContext, workPath: string): Any | undefined {
  if (!isRuncShim(settings.shimPath)) return undefined;
  return anyOf(CheckpointOptionsSchema, { exit: false, fileLocks: true, workPath });
}
