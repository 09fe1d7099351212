import { isFault } from "#foundation";
import { wrongState } from "../faults.ts";
import { serializeJson } from "../spec/serialize-spec.ts";
import type { CallOptions, ContainerHandle, ResourceUpdate } from "../types.ts";
import type { ConmonContext } from "./options.ts";
import { assertSucceeded, runRuntime } from "./runtime-command.ts";
import { isInitAlive } from "./signal-container.ts";

/**
 * Gives a container other limits: those of its cgroup through the runtime, or by hand where that has no update, its score
 * for the OOM killer by hand.
 */
export async function updateContainer(
  context: ConmonContext,
  container: ContainerHandle,
  update: ResourceUpdate & CallOptions,
): Promise<void> {
  assertRuns(context, container);
  if (await context.program.hasUpdate()) await updateByRuntime(context, container, update);
  else await context.host.cgroups.limit(container.cgroupPath, update.resources);
  await setOomScore(context, container, update.oomScoreAdj);
}

async function updateByRuntime(
  context: ConmonContext,
  container: ContainerHandle,
  { resources, signal }: ResourceUpdate & CallOptions,
): Promise<void> {
  const stdin = Buffer.from(serializeJson(resources));
  const args = ["update", "--resources", "-", container.id];
  const result = await runRuntime(context, args, { ...(signal === undefined ? {} : { signal }), stdin });
  if (result.exitCode !== 0) assertRuns(context, container);
  assertSucceeded(`update ${container.id}`, result);
}

/** crun takes new limits for a container that has ended, too. */
function assertRuns(context: ConmonContext, container: ContainerHandle): void {
  if (!isInitAlive(context, container)) throw wrongState("update", container.id, "it has ended");
}

/** The runtime sets the score of the first process only, and only at the start; what that has started since has inherited it. */
export async function setOomScore(
  { host }: Pick<ConmonContext, "host">,
  container: ContainerHandle,
  score: number,
): Promise<void> {
  for (const pid of await host.cgroups.pids(container.cgroupPath)) {
    try {
      await host.files.write(`/proc/${pid}/oom_score_adj`, String(score));
    } catch (error) {
      // It has ended meanwhile.
      if (!isFault(error, "not-found")) throw error;
    }
  }
}
