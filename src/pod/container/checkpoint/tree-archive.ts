import type { Files, TreeEntry } from "#host";
import { type TarEntryKind, TarWriter } from "#wire";

/** An archive that is being written, and how long anybody waits for it. */
export interface TreeArchive {
  /** Adds what a tree has at a name. Sockets have no place in an archive, and mean nothing without their owner. */
  readonly add: (entry: TreeEntry) => Promise<void>;
}

/**
 * Writes an archive that comes to its place when it is complete, readable by root only.
 *
 * @param temporary its name until then
 */
export async function writeTreeArchive(
  { files }: { readonly files: Files },
  { path, temporary, signal }: { readonly path: string; readonly temporary: string; readonly signal: AbortSignal },
  fill: (archive: TreeArchive) => Promise<void>,
): Promise<void> {
  const sink = await files.createLarge(path, temporary);
  try {
    const tar = new TarWriter((bytes) => sink.write(bytes, signal));
    await fill({ add: (entry) => addEntry(tar, entry) });
    await tar.end();
    await sink.commit();
  } finally {
    await sink.discard();
  }
}

async function addEntry(tar: TarWriter, entry: TreeEntry): Promise<void> {
  const { kind, name, linkTarget, major, minor, content } = entry;
  if (kind === "socket") return;
  const header = {
    ...entry,
    kind: kind satisfies TarEntryKind,
    path: kind === "directory" ? `${name}/` : name,
    linkPath: linkTarget,
    deviceMajor: major,
    deviceMinor: minor,
  };
  if (kind !== "file") return await tar.entry(header);
  await tar.file(header, async (append) => {
    for await (const piece of content()) await append(piece);
  });
}

/** Copies a file to where nobody looks for it yet. */
export async function copyFile(
  { files }: { readonly files: Files },
  { from, to, signal }: { readonly from: string; readonly to: string; readonly signal: AbortSignal },
): Promise<void> {
  const sink = await files.createLarge(to, `${to}.tmp`);
  try {
    for await (const piece of files.readPieces(from, pieceBytes)) await sink.write(piece, signal);
    await sink.commit();
  } finally {
    await sink.discard();
  }
}

const pieceBytes: number = 256 * 1024;
