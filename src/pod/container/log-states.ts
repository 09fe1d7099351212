import type { LogState } from "#runtime";
import type { PodContext } from "../context.ts";
import type { ContainerRecord } from "../records.ts";

/** Logs that are asked about at a time: each answer is a file of 20 KB in the state directory. */
const askedAtOnce = 16;

/** How the logs of the containers that run go, by the container's id; of those of which somebody tells. */
export async function listLogStates(context: PodContext): Promise<ReadonlyMap<string, LogState>> {
  const running = context.containers.list().filter(({ status }) => status.phase === "running");
  const states = new Map<string, LogState>();
  for (let start = 0; start < running.length; start += askedAtOnce) {
    const asked = running.slice(start, start + askedAtOnce);
    const answers = await Promise.all(
      asked.map(async (record) => ({ record, state: await logStateOf(context, record) })),
    );
    for (const { record, state } of answers) if (state !== undefined) states.set(record.id, state);
  }
  return states;
}

/** Undefined, too, when its pod was removed meanwhile. */
async function logStateOf(
  { sandboxes, handlers, paths }: PodContext,
  { id, sandboxId }: ContainerRecord,
): Promise<LogState | undefined> {
  const sandbox = sandboxes.find(sandboxId);
  if (sandbox === undefined) return undefined;
  return await handlers.of(sandbox).runtime.logState({ id, bundleDirectory: paths.container(id).bundle });
}

/** What people are told of a container that runs: what its log waits for, and what is not in it; empty where all is well. */
export function describeLog({ flow, lostBytes }: LogState): string {
  return [describeFlow[flow], describeLostLog(lostBytes)].filter((part) => part !== "").join("; ");
}

const describeFlow: Readonly<Record<LogState["flow"], string>> = {
  flowing: "",
  held: "its log's disk takes nothing, and it is held back until there is room",
  dropping: "its log's disk takes nothing, and its lines are dropped until there is room",
};

/** What people are told of a log that is not all that its container wrote; empty for one that is. */
export function describeLostLog(lostBytes: number): string {
  return lostBytes === 0 ? "" : `${lostBytes} bytes of its log were dropped: the log's disk was full`;
}
