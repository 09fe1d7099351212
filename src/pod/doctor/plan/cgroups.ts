import type { PlannedFinding, SteadyRecords } from "../types.ts";

/** A cgroup that is named by the id of a sandbox or a container. */
export interface ObservedCgroup {
  readonly path: string;
  readonly id: string;
  readonly processes: number;
  /** Whether it is under the parent that is crisp's own, rather than kubelet's or another's. */
  readonly isUnderOwnParent: boolean;
}

/** Cgroups that are named as a container's and belong to nothing. Pure. */
export function planCgroups(records: SteadyRecords, cgroups: readonly ObservedCgroup[]): readonly PlannedFinding[] {
  return cgroups.filter(({ id }) => !records.isKnown(id)).map((cgroup) => strayCgroup(records, cgroup));
}

function strayCgroup({ wasOurs }: SteadyRecords, cgroup: ObservedCgroup): PlannedFinding {
  const { path, id, processes, isUnderOwnParent } = cgroup;
  const isOurs = wasOurs(id);
  return {
    severity: processes > 0 && isOurs ? "problem" : "warning",
    where: path,
    what: `a container's cgroup without a container${processes === 0 ? "" : `, with ${processes} processes`}`,
    why: processes > 0 ? "its programs run, and nobody will ever stop them" : "it takes memory of the kernel",
    advice: adviceFor(cgroup, isOurs),
    // Another daemon may share the parent: only what the journal knows is certainly ours.
    ...(isOurs && isUnderOwnParent && processes === 0 ? { mend: { do: "remove-cgroup", path, id } as const } : {}),
  };
}

function adviceFor({ processes, id }: ObservedCgroup, isOurs: boolean): string {
  if (!isOurs) return "this crispd does not know it: see whether another runtime of this machine does";
  if (processes > 0) return `see what it was (crisp why ${id.slice(0, 13)}), and end its processes`;
  return "remove it (rmdir), or repair it";
}
