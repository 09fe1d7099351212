import type { NodeCounts } from "#metrics";
import type { NativeEngine } from "#pod";

/** How logs go, by their container's id. */
type LogStates = Awaited<ReturnType<NativeEngine["logStates"]>>;

/** Counts what is there now. */
export function countNode(engine: Pick<NativeEngine, "listSandboxes" | "listContainers">, logs: LogStates): NodeCounts {
  const sandboxes = engine.listSandboxes({});
  return {
    sandboxes: countBy(sandboxes, ({ isReady }) => (isReady ? "ready" : "not-ready"), ["ready", "not-ready"]),
    containers: countBy(engine.listContainers({}), ({ state }) => state, ["created", "running", "exited"]),
    logs: countBy([...logs.values()], ({ flow }) => flow, ["flowing", "held", "dropping"]),
    leftovers: sandboxes.filter(({ details }) => details["problem"] !== undefined).length,
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
