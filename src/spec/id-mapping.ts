import type { IdMapping } from "./workload.ts";

/** The node's id for one inside a user namespace; undefined when it is not mapped. */
export function hostIdOf(mappings: readonly IdMapping[], id: number): number | undefined {
  const run = mappings.find(({ containerId, length }) => id >= containerId && id < containerId + length);
  return run === undefined ? undefined : run.hostId + id - run.containerId;
}
