import { allOrNothing, deadline, Fault, orAborted, settlesWithin, together, type UndoStack } from "#foundation";
import { type CreateTaskResponse, Task } from "#proto/containerd/task/v3/task_pb.js";
import type { ShimState } from "#spec";
import { assertMonitored } from "../conmon/log-file.ts";
import type { CallOptions, ContainerHandle, CreateRequest } from "../types.ts";
import { assertBundle, describeTask, writeBundle } from "./bundle.ts";
import { deleteContainer } from "./delete-container.ts";
import { faultOfShim } from "./faults.ts";
import { joinShim } from "./join-shim.ts";
import { type StreamPaths, startKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { encodeRuntimeOptions } from "./runtime-options.ts";

/** Time in which a shim whose caller has given up may still come to an end with its create. */
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
  const limit = deadline(context.settings.createTimeoutMs, options.signal);
  if (limit.aborted) throw Fault.within(act, limit.reason);
  return await allOrNothing(
    (undo) => create(context, { act, request, limit, undo }),
    (leftovers) => context.logger.warn("half-made container was not taken back", { id: request.id, leftovers }),
  );
}

interface Creation {
  readonly act: string;
  readonly request: CreateRequest;
  readonly limit: AbortSignal;
  readonly undo: UndoStack;
}

async function create(context: ShimContext, creation: Creation): Promise<ContainerHandle> {
  const { act, request, limit, undo } = creation;
  try {
    await writeBundle(context.host, request);
    undo.push({ name: "leave shim", run: () => deleteContainer(context, request, { isForced: true }) });
    const [streams, state] = await together([
      () => startKeeper(context, request, undo),
      () => joinShim(context, request),
    ]);
    limit.throwIfAborted();
    const { pid } = await createTask(context, creation, { state, streams });
    return await describeTask(context.host, request, { pid, state });
  } catch (error) {
    throw limit.aborted ? Fault.within(act, limit.reason) : faultOfShim(act, error);
  }
}

interface Place {
  readonly state: ShimState;
  readonly streams: StreamPaths;
}

async function createTask(
  context: ShimContext,
  { request, limit, undo }: Creation,
  { state, streams }: Place,
): Promise<CreateTaskResponse> {
  const { settings, shims } = context;
  const client = await shims.get(state);
  const options = encodeRuntimeOptions(settings);
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
    { timeoutMs: settings.createTimeoutMs },
  );
  // Before it is deleted: what the shim is still making, it does not know yet.
  undo.push({ name: "wait for the shim", run: () => awaitCreate(creating) });
  return await orAborted(creating, limit);
}

async function awaitCreate(creating: Promise<unknown>): Promise<void> {
  const settled = creating.then(
    () => undefined,
    () => undefined,
  );
  await settlesWithin(settled, lastCreateMs);
}
