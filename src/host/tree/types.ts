import type { TreeUsage } from "../types.ts";

/** What every entry of a tree has. */
export interface TreeAttributes {
  /** Permission and set-id bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAtNanos: bigint;
  /** Only `security.capability` and `user.*` are written; the rest is the machine's business, not an archive's. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export interface TreeNode {
  readonly kind: "character-device" | "block-device" | "fifo";
  readonly major: number;
  readonly minor: number;
}

export interface TreeLimits {
  readonly maxEntries: number;
  /** Content of all files together. */
  readonly maxBytes: number;
}

export interface TreeResult {
  readonly usage: TreeUsage;
  /** Directories that no entry described, made because something lies in them; parents first. */
  readonly impliedDirectories: readonly string[];
}
