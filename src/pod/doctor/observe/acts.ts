import { tellStuck } from "#host";
import type { PodContext } from "../../context.ts";
import { containersOf } from "../../find.ts";
import type { SandboxRecord } from "../../records.ts";
import type { ObservedActs } from "../plan/acts.ts";

/** Looks at what is under way, and what keeps pods from being stopped. */
export async function observeActs(context: PodContext): Promise<ObservedActs> {
  const troubled = context.sandboxes
    .list()
    .filter(({ status }) => status.phase === "stopping" && status.problem !== undefined);
  const stuck = await Promise.all(
    troubled.map(async (record) => [record.id, await findStuck(context, record)] as const),
  );
  return { acts: context.stages.acts(), nowNanos: context.clock.nowNanos(), stuck: new Map(stuck) };
}

/** Processes of a pod that hang in the kernel, in words. */
async function findStuck(context: PodContext, sandbox: SandboxRecord): Promise<readonly string[]> {
  const { host } = context;
  const running = containersOf(context, sandbox).flatMap(({ status }) =>
    status.phase === "running" ? [status.process.cgroupPath] : [],
  );
  const pids = (await Promise.all(running.map((path) => host.cgroups.pids(path)))).flat();
  return pids
    .map((pid) => host.processes.describeStuck(pid))
    .filter((found) => found !== undefined)
    .map(tellStuck);
}
