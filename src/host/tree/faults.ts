import { Fault } from "#foundation";
import { errnoOf } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { toText } from "./names.ts";

/** When an entry's name, or the target of a hard link, leads out of the tree, or is no name at all. */
export function badName(name: string, problem: string): Fault {
  return new Fault("invalid", `write ${show(name)}: ${problem}`, {
    reason: { code: "host.bad-tree-name", name: toText(name), problem },
  });
}

/** When a tree grows over a limit. */
export function treeTooLarge(what: string, limit: number): Fault {
  return new Fault("exhausted", `write tree: more than ${limit} ${what}`, {
    reason: { code: "host.tree-too-large", what, limit },
  });
}

/** When the kernel refuses an entry; a name that it cannot hold is the archive's fault. */
export function entryFault(name: string, thrown: unknown): Fault {
  const errno = errnoOf(thrown);
  if (errno === "ENAMETOOLONG") return badName(name, "the name is too long");
  if (errno === "ENOTDIR" || errno === "ELOOP") return badName(name, "its parent is not a directory");
  return hostFault(`write ${show(name)}`, thrown);
}

function show(name: string): string {
  const text = toText(name);
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
