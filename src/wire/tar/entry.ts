/** What an archive's entry is. */
export type TarEntryKind =
  | "file"
  | "directory"
  | "symlink"
  | "hard-link"
  | "character-device"
  | "block-device"
  | "fifo";

/**
 * One entry of an archive, all extensions applied.
 *
 * Names are byte strings: one character a byte, because a file's name need not
 * be UTF-8. They are as the archive has them, so they may be hostile.
 */
export interface TarEntry {
  readonly kind: TarEntryKind;
  readonly path: string;
  /** Target of a symlink; for a hard link, the entry it shares its content with. */
  readonly linkPath: string;
  /** Permission and set-id bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content that follow, holes included; 0 for all but files. */
  readonly sizeBytes: number;
  readonly modifiedAtNanos: bigint;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/** Takes what the reader finds, in order: an entry, its content and holes in pieces, its end. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** The piece is only valid during the call. */
  content(bytes: Uint8Array): void;
  /** So many bytes of the file are zeros that nobody stored. */
  hole(sizeBytes: number): void;
  entryEnd(): void;
}
