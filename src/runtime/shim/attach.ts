import { Fault, orAborted } from "#foundation";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import type { ProcessSession, WantedStreams } from "#spec";
import { AttachSession } from "../conmon/attach.ts";
import type { CallOptions, ContainerHandle } from "../types.ts";
import { assertRuns } from "./exec.ts";
import { exitOf } from "./exits.ts";
import { keeperFiles } from "./log-keeper.ts";
import type { ShimContext } from "./options.ts";
import { readKeeperState } from "./shim-files.ts";
import { optionsOf, type ShimTask } from "./task.ts";

/** Joins the streams of a container's first process, at who keeps them; see `ContainerExec.attach`. */
export async function attach(
  context: ShimContext,
  container: ContainerHandle,
  request: WantedStreams & CallOptions,
): Promise<ProcessSession> {
  const act = `attach to ${container.id}`;
  if (request.signal?.aborted === true) throw Fault.within(act, request.signal.reason);
  const state = await assertRuns(context, container, "attach to");
  const task = { ...container, state };
  try {
    const keeper = await readKeeperState(context.host, container.bundleDirectory);
    return new AttachSession({
      containerId: container.id,
      request,
      connection: await context.host.sockets.connectPackets(keeperFiles(container.bundleDirectory).attach),
      observeExit: async (signal) => exitOf(await orAborted(context.exits().follow(container), signal)),
      resize: ({ columns, rows }) => resize(context, task, { width: columns, height: rows }),
      ...(keeper?.isStdinOnce === true ? { onInputEnd: () => closeInput(context, task) } : {}),
    });
  } catch (error) {
    await assertRuns(context, container, "attach to");
    throw Fault.within(act, error);
  }
}

async function resize(
  context: ShimContext,
  { id, state }: ShimTask,
  size: { readonly width: number; readonly height: number },
): Promise<void> {
  const client = await context.shims.get(state);
  await client.call(Task.method.resizePty, { id, ...size }, optionsOf(context));
}

/** The shim holds the container's input open by itself until it is told. */
function closeInput(context: ShimContext, { id, state }: ShimTask): void {
  const close = async (): Promise<void> => {
    const client = await context.shims.get(state);
    await client.call(Task.method.closeIO, { id, stdin: true }, optionsOf(context));
  };
  close().catch((error: unknown) => context.logger.debug("shim does not close an input", { containerId: id, error }));
}
