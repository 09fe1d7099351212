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

/** What a tree has at one of its names. */
export interface TreeEntry extends TreeAttributes {
  readonly kind: "file" | "directory" | "symlink" | "hard-link" | "socket" | TreeNode["kind"];
  /** Below the root; a byte string, one character a byte. */
  readonly name: string;
  /** Where a symlink points, as a byte string; for a hard link, the name that came before it. */
  readonly linkTarget: string;
  /** 0 for all but files. */
  readonly sizeBytes: number;
  /** Numbers of a device. */
  readonly major: number;
  readonly minor: number;
  /** Content of a file, to be read before the next entry is taken. A piece is good until the next one. */
  readonly content: () => AsyncIterable<Uint8Array>;
}
