import type { Host } from "#host";
import type { NodeCounts } from "#metrics";
import type { NativeEngine } from "#pod";

/** Counts what is there now. The sizes of logs are read from the disk, a container each. */
export async function countNode(
  engine: Pick<NativeEngine, "listSandboxes" | "listContainers">,
  files: Pick<Host["files"], "stat">,
): Promise<NodeCounts> {
  const sandboxes = engine.listSandboxes({});
  const containers = engine.listContainers({});
  const logs = containers.flatMap(({ logPath }) => (logPath === "" ? [] : [logPath]));
  const sizes = await Promise.all(logs.map(async (path) => (await files.stat(path))?.sizeBytes ?? 0));
  return {
    sandboxes: countBy(sandboxes, ({ isReady }) => (isReady ? "ready" : "not-ready"), ["ready", "not-ready"]),
    containers: countBy(containers, ({ state }) => state, ["created", "running", "exited"]),
    leftovers: sandboxes.filter(({ details }) => details["problem"] !== undefined).length,
    logBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** How many there are of each; of those in `states` also when there is none. */
function countBy<T>(
  items: readonly T[],
  stateOf: (item: T) => string,
  states: readonly string[],
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = Object.fromEntries(states.map((state) => [state, 0]));
  for (const item of items) counts[stateOf(item)] = (counts[stateOf(item)] ?? 0) + 1;
  return counts;
}
