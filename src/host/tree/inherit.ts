import { chmodSync, lchownSync, type Stats } from "node:fs";
import { loadTreeCalls, type TreeCalls } from "./calls.ts";
import { statAt } from "./directories.ts";
import { below, toByteString, toPath } from "./names.ts";

const nanosPerMs = 1_000_000;

/**
 * Gives directories that no entry of a layer described the owner, mode and time
 * they have in the layers below.
 *
 * A layer with `tmp/x` alone must not take the sticky bit from the `/tmp` below it.
 */
export function inheritAttributes(
  root: string,
  directories: readonly string[],
  /** Roots of the layers below, top first. */
  lowers: readonly string[],
  calls: TreeCalls = loadTreeCalls(),
): void {
  for (const directory of directories) {
    const found = findBelow(directory, lowers, calls);
    if (found === undefined) continue;
    const path = toPath(below(toByteString(root), directory));
    lchownSync(path, found.uid, found.gid);
    chmodSync(path, found.mode & 0o7777);
    calls.setTimeAt(path, BigInt(Math.round(found.mtimeMs * nanosPerMs)));
  }
}

function findBelow(directory: string, lowers: readonly string[], calls: TreeCalls): Stats | undefined {
  for (const lower of lowers) {
    const found = lookUp(toByteString(lower), directory, calls);
    if (found === "hidden") return undefined;
    if (found !== "absent") return found;
  }
  return undefined;
}

/** What one layer says of a directory: "hidden" when nothing further down shows, as overlay sees it. */
function lookUp(lower: string, directory: string, calls: TreeCalls): Stats | "absent" | "hidden" {
  let isOpaque = false;
  let found: Stats | undefined;
  let path = lower;
  for (const part of directory.split("/")) {
    path = below(path, part);
    found = statAt(path);
    if (found === undefined) return isOpaque ? "hidden" : "absent";
    if (!found.isDirectory()) return "hidden";
    isOpaque ||= calls.getXattrAt(toPath(path), "trusted.overlay.opaque") !== undefined;
  }
  return found ?? "absent";
}
