import { join } from "node:path";
import { Fault } from "#foundation";
import type { Files, TreeEntry } from "#host";
import type { SnapshotChange } from "./types.ts";

const opaqueXattr = "trusted.overlay.opaque";
/** What stands in a writable directory of an overlay whose files are partly those of the layers below. */
const partialXattrs: readonly string[] = ["trusted.overlay.redirect", "trusted.overlay.metacopy"];

/** The directories of a snapshot. */
export interface SnapshotDirectories {
  readonly upper: string;
  /** Those of its layers. */
  readonly lowers: readonly string[];
}

/**
 * Tells what a snapshot has beyond its layers, as overlay notes it in the writable directory.
 *
 * A directory that hides its layers' one is told with the names in there that are hidden, also those that only some layer
 * knew: removing what is not there does no harm.
 *
 * @throws Fault `unsupported` when files were moved or changed in part, which only overlay itself can put together
 * @see https://www.kernel.org/doc/html/v6.12/filesystems/overlayfs.html#whiteouts-and-opaque-directories
 */
export async function* snapshotChanges(
  files: Pick<Files, "walkTree" | "list" | "stat">,
  { upper, lowers }: SnapshotDirectories,
  { signal }: { readonly signal?: AbortSignal },
): AsyncGenerator<SnapshotChange> {
  const opaque = new Set<string>();
  const hidden = new Set<string>();
  for await (const entry of files.walkTree(upper, signal === undefined ? {} : { signal })) {
    const { name } = entry;
    assertWhole(entry);
    if (isWhiteout(entry)) {
      yield { kind: "removed", name };
      continue;
    }
    hidden.delete(name);
    if (entry.kind === "directory" && (entry.xattrs.has(opaqueXattr) || opaque.has(parentOf(name)))) {
      opaque.add(name);
      for (const lower of lowers) for (const child of await childrenIn(files, lower, name)) hidden.add(child);
    }
    yield { kind: "present", entry };
  }
  for (const name of hidden) yield { kind: "removed", name };
}

function isWhiteout({ kind, major, minor }: TreeEntry): boolean {
  return kind === "character-device" && major === 0 && minor === 0;
}

function assertWhole({ name, xattrs }: TreeEntry): void {
  const found = partialXattrs.find((attribute) => xattrs.has(attribute));
  if (found === undefined) return;
  throw new Fault(
    "unsupported",
    `${Buffer.from(name, "latin1").toString()}: it has ${found}, and is not whole by itself`,
    {
      reason: { code: "store.snapshot-in-parts", attribute: found },
    },
  );
}

function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}

/** Names below a directory of a layer, which nobody changes; none where the layer has no such directory. */
async function childrenIn(
  files: Pick<Files, "list" | "stat">,
  lower: string,
  name: string,
): Promise<readonly string[]> {
  const path = Buffer.from(name, "latin1").toString();
  let at = lower;
  for (const part of path.split("/")) {
    at = join(at, part);
    if ((await files.stat(at))?.kind !== "directory") return [];
  }
  return (await files.list(at)).map((child) => Buffer.from(`${path}/${child}`).toString("latin1"));
}
