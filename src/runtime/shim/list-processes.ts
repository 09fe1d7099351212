import { fromBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { isFault } from "#foundation";
import { ProcessDetailsSchema } from "#proto/containerd/runc/v1/options_pb.js";
import { type PidsResponse, Task } from "#proto/containerd/task/v3/task_pb.js";
import { noProcessList, wrongState } from "../faults.ts";
import type { CallOptions, ContainerHandle, ContainerProcess } from "../types.ts";
import { assertRuns } from "./exec.ts";
import { faultOfShim, isConnectionLost } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { optionsOf } from "./task.ts";

const act = "list the processes of";

/** Asks a container's shim for its processes, and the node for the names of those that are its own. */
export async function listProcesses(
  context: ShimContext,
  container: ContainerHandle,
  { signal }: CallOptions,
): Promise<readonly ContainerProcess[]> {
  const { host } = context;
  const told = decodeProcesses(await askPids(context, container, signal));
  // A number that is none of its cgroup is that of another kernel, and says nothing here.
  const own = new Set(await host.cgroups.pids(container.cgroupPath));
  const pids = told.map(({ pid }) => pid).filter((pid) => own.has(pid));
  const names = await host.processes.names(pids, signal === undefined ? {} : { signal });
  return told.map((process) => {
    const name = names.get(process.pid);
    return name === undefined ? process : { ...process, name };
  });
}

/** What a shim tells of each process; of what only other shims know to read, nothing. */
export function decodeProcesses({ processes }: PidsResponse): readonly ContainerProcess[] {
  return processes.map(({ pid, info }) => {
    const execId = info === undefined ? "" : execIdOf(info);
    return execId === "" ? { pid } : { pid, execId };
  });
}

async function askPids(
  context: ShimContext,
  container: ContainerHandle,
  signal: AbortSignal | undefined,
): Promise<PidsResponse> {
  const { id } = container;
  const state = await assertRuns(context, container, act);
  if (state.kind === "sandbox") throw noProcessList(`${act} ${id}`, "the sandbox service has no list of processes");
  try {
    const client = await context.shims.get(state);
    return await client.call(Task.method.pids, { id }, optionsOf(context, signal));
  } catch (error) {
    if (isFault(error, "unsupported")) throw noProcessList(`${act} ${id}`, "its shim does not tell");
    if (isFault(error, "not-found") && !isConnectionLost(error))
      throw wrongState(act, id, "its shim does not know it any more");
    throw faultOfShim(context, `${act} ${id}`, error);
  }
}

/** Empty for the container's own processes, and for what is no such message. */
function execIdOf({ typeUrl, value }: Any): string {
  if (!typeUrl.endsWith(ProcessDetailsSchema.typeName)) return "";
  try {
    return fromBinary(ProcessDetailsSchema, value, { readUnknownFields: false }).execId;
  } catch {
    // A list with one piece of news less is still a list.
    return "";
  }
}
