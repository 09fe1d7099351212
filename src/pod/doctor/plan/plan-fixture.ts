import type { SteadyRecords } from "../types.ts";

/** Records of which all were steady, and nothing else is known. */
export function steadyOf(changes: Partial<SteadyRecords> = {}): SteadyRecords {
  const { sandboxes = [], containers = [] } = changes;
  const ids = new Set<string>([...sandboxes, ...containers].map(({ id }) => id));
  return { sandboxes, containers, isKnown: (id) => ids.has(id), wasOurs: () => false, ...changes };
}
