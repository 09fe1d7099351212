import { allOrNothing, orAborted, settlesWithin, together, type UndoStack } from "#foundation";
import { type CreateTaskResponse, Task } from "#proto/containerd/task/v3/task_pb.js";
import type { ShimState } from "#spec";
import { expectMoves } from "../conmon/expect-moves.ts";
import { assertMonitored } from "../conmon/log-file.ts";
import type { CallOptions, ContainerHandle, CreateRequest } from "../types.ts";
import { assertBundle, describeTask, writeBundle } from "./bundle.ts";
import { type CreateClock, startCreateClock } from "./create-clock.ts";
import { deleteContainer } from "./delete-container.ts";
import { faultOfShim } from "./faults.ts";
import { joinShim } from "./join-shim.ts";
import { type StreamPaths, startKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { encodeRuntimeOptions } from "./runtime-options.ts";

/** Longest time in which a shim whose caller has given up may still come to an end with its create. */
const lastCreateMs = 30_000;

/** Creates a container through a shim, or takes everything back. */
export async function createContainer(
  context: ShimContext,
  request: CreateRequest,
  options: CallOptions,
): Promise<ContainerHandle> {
  assertMonitored(request);
  assertBundle(request);
  const act = `create ${request.id}`;
  return await allOrNothing(
    (undo) => create(context, { act, request, signal: options.signal, undo }),
    (leftovers) => context.logger.warn("half-made container was not taken back", { id: request.id, leftovers }),
  );
}

interface Creation {
  readonly act: string;
  readonly request: CreateRequest;
  readonly signal: AbortSignal | undefined;
  readonly undo: UndoStack;
}

async function create(context: ShimContext, creation: Creation): Promise<ContainerHandle> {
  const { act, request, signal, undo } = creation;
  try {
    const clock = startCreateClock(context, signal);
    await writeBundle(context.host, request);
    undo.push({ name: "leave shim", run: () => deleteContainer(context, request, { isForced: true }) });
    const [streams, state] = await together([
      () => startKeeper(context, request, undo),
      () => joinShim(context, request),
    ]);
    signal?.throwIfAborted();
    const { pid } = await createTask(context, creation, { state, streams, clock });
    return await describeTask(context.host, request, { pid, state });
  } catch (error) {
    throw faultOfShim(context, act, error);
  }
}

interface Place {
  readonly state: ShimState;
  readonly streams: StreamPaths;
  readonly clock: CreateClock;
}

async function createTask(
  context: ShimContext,
  { request, signal, undo }: Creation,
  { state, streams, clock }: Place,
): Promise<CreateTaskResponse> {
  const { settings, shims, launcher } = context;
  const client = await shims.get(state);
  const options = encodeRuntimeOptions({ ...settings, launcherPath: await launcher.path() });
  expectMoves(context);
  const creating = client.call(
    Task.method.create,
    {
      id: request.id,
      bundle: request.bundleDirectory,
      terminal: request.spec.process.terminal,
      ...streams,
      // A terminal has one output.
      ...(request.spec.process.terminal ? { stderr: "" } : {}),
      ...(options === undefined ? {} : { options }),
    },
    // The caller's signal does not break it off: whether it made something is known by its answer alone.
    { timeoutMs: clock.left().timeoutMs },
  );
  // Before it is deleted: what the shim is still making, it does not know yet.
  const lastMs = Math.min(lastCreateMs, settings.timeouts.createMs);
  undo.push({ name: "wait for the shim", run: () => awaitCreate(creating, lastMs) });
  return await orAborted(creating, signal);
}

async function awaitCreate(creating: Promise<unknown>, lastMs: number): Promise<void> {
  const settled = creating.then(
    () => undefined,
    () => undefined,
  );
  await settlesWithin(settled, lastMs);
}
