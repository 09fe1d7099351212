import { basename } from "node:path";
import { allOrNothing, deadline, Fault, type UndoStack } from "#foundation";
import { type CreateTaskResponse, Task } from "#proto/containerd/task/v3/task_pb.js";
import type { OciSpec, ShimState } from "#spec";
import { assertMonitored } from "../conmon/log-file.ts";
import { settlesWithin } from "../conmon/settle-within.ts";
import { invalidField } from "../faults.ts";
import { orAborted } from "../or-aborted.ts";
import { serializeSpec } from "../spec/serialize-spec.ts";
import type { CallOptions, ContainerHandle, CreateRequest, PodMembership } from "../types.ts";
import { deleteContainer } from "./delete-container.ts";
import { faultOfShim, shimFailed } from "./faults.ts";
import { joinShim } from "./join-shim.ts";
import { type StreamPaths, startKeeper } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { encodeRuntimeOptions } from "./runtime-options.ts";
import { shimFiles } from "./shim-files.ts";

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

/** Shims clean up after their like in a directory that they name themselves: beside the one that they are started in, by the id. */
function assertBundle({ id, bundleDirectory }: CreateRequest): void {
  if (basename(bundleDirectory) !== id) throw invalidField("bundle", `${bundleDirectory} is not named ${id}`);
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
    await writeBundle(context, request);
    const streams = await startKeeper(context, request, undo);
    undo.push({ name: "leave shim", run: () => deleteContainer(context, request, { isForced: true }) });
    const state = await joinShim(context, request);
    limit.throwIfAborted();
    const { pid } = await createTask(context, creation, { state, streams });
    return await describe(context, request, { pid, state });
  } catch (error) {
    throw limit.aborted ? Fault.within(act, limit.reason) : faultOfShim(act, error);
  }
}

async function writeBundle({ host }: ShimContext, { bundleDirectory, spec, pod, id }: CreateRequest): Promise<void> {
  await host.files.makeDirectory(bundleDirectory, { mode: 0o700 });
  // Holds the environment, and with it secrets.
  const text = serializeSpec(withPod(spec, pod, id));
  await host.files.write(shimFiles(bundleDirectory).config, text, { mode: 0o600 });
}

/** Where shims look for the pod that a container belongs to, and for what it is there. */
function withPod(spec: OciSpec, pod: PodMembership | undefined, id: string): OciSpec {
  const sandboxId = pod?.sandboxId ?? id;
  return {
    ...spec,
    annotations: {
      ...spec.annotations,
      "io.kubernetes.cri.sandbox-id": sandboxId,
      "io.kubernetes.cri.container-type": pod?.role ?? "sandbox",
    },
  };
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

interface Made {
  readonly pid: number;
  readonly state: ShimState;
}

async function describe(
  { host }: ShimContext,
  { id, bundleDirectory }: CreateRequest,
  { pid, state }: Made,
): Promise<ContainerHandle> {
  const init = host.processes.identify(pid);
  if (init === undefined) throw shimFailed(`create ${id}`, `its process ${pid} ended at once`);
  return { id, bundleDirectory, init, monitor: state.process, cgroupPath: await host.cgroups.of(pid) };
}
