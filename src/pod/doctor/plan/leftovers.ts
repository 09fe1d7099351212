import { basename, dirname } from "node:path";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

export interface ObservedState {
  /** The state directory. */
  readonly directory: string;
  /** Directories of sandboxes and containers. */
  readonly directories: readonly string[];
  /** Paths that something is mounted on below the state directory, in order of mounting. */
  readonly mounts: readonly string[];
  /** Ids of sandboxes and containers with a process in their cgroup or a monitor: nobody ends those. */
  readonly inUse: ReadonlySet<string>;
}

/** What is in the state directory and belongs to nothing. Pure. */
export function planLeftovers(records: SteadyRecords, observed: ObservedState): readonly PlannedFinding[] {
  const strays = observed.directories.filter((path) => !records.isKnown(basename(path)));
  return [
    ...strays.map((path) => strayDirectory(path, observed)),
    ...observed.mounts.filter((target) => !belongs(target, records, observed)).map(strayMount),
  ];
}

/** What is mounted in the directory of a sandbox or container goes with that. */
function belongs(target: string, records: SteadyRecords, { directory, directories }: ObservedState): boolean {
  const [kind = "", id = "", ...rest] = target.slice(directory.length + 1).split("/");
  if (rest.length === 0 || !(kind === "sandboxes" || kind === "containers")) return false;
  return records.isKnown(id) || directories.includes(`${directory}/${kind}/${id}`);
}

function strayDirectory(path: string, { inUse, mounts }: ObservedState): PlannedFinding {
  const id = basename(path);
  const kind = basename(dirname(path)) === "sandboxes" ? "sandbox" : "container";
  const held = mounts.filter((target) => target.startsWith(`${path}/`)).length;
  const finding = {
    severity: "problem",
    where: path,
    what: `a ${kind} of which there is no record${held === 0 ? "" : `, with ${held} mounts`}`,
    why: "it holds namespaces, mounts and disk that nobody gives back",
    advice: "see what it was (crisp why ID)",
  } as const;
  if (inUse.has(id)) return { ...finding, advice: `${finding.advice}; a program of it still runs: end that first` };
  return { ...finding, mend: { do: "remove-directory", path, id } };
}

function strayMount(target: string): PlannedFinding {
  return {
    severity: "warning",
    where: target,
    what: "something is mounted in crisp's state directory that crisp did not mount, or has forgotten",
    why: "it keeps a disk busy, and may hide files of crisp",
    advice: "repair it, or unmount it",
    mend: { do: "unmount", target },
  };
}
