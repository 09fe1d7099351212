import { isFault } from "#foundation";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { setOomScore } from "../conmon/update-container.ts";
import { wrongState } from "../faults.ts";
import { serializeJson } from "../spec/serialize-spec.ts";
import type { CallOptions, ContainerHandle, ResourceUpdate } from "../types.ts";
import { anyOfOci } from "./any.ts";
import { assertRuns } from "./exec.ts";
import { faultOfShim } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { optionsOf } from "./task.ts";

/** Gives a container other limits: those of its cgroup through the shim, its score for the OOM killer by hand. */
export async function updateContainer(
  context: ShimContext,
  container: ContainerHandle,
  { resources, oomScoreAdj, signal }: ResourceUpdate & CallOptions,
): Promise<void> {
  const state = await assertRuns(context, container, "update");
  const client = await context.shims.get(state);
  try {
    const document = anyOfOci("LinuxResources", serializeJson(resources));
    await client.call(Task.method.update, { id: container.id, resources: document }, optionsOf(context, signal));
  } catch (error) {
    if (isFault(error, "not-found")) throw wrongState("update", container.id, "it has ended");
    throw faultOfShim(context, `update ${container.id}`, error);
  }
  await setOomScore(context, container, oomScoreAdj);
}
