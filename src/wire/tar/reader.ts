import type { TarEntry, TarEntryKind, TarSink } from "./entry.ts";
import { badArchive, unsupportedArchive } from "./faults.ts";
import { blockBytes, decodeHeader, isZeroBlock, type TarHeader } from "./header.ts";
import { decodePax, type PaxExtensions } from "./pax.ts";

/** Most bytes of one PAX header or long name: they are held in memory. */
const maxExtensionBytes: number = 1024 * 1024;

const kinds: ReadonlyMap<string, TarEntryKind> = new Map([
  ["0", "file"],
  ["\0", "file"],
  ["7", "file"],
  ["1", "hard-link"],
  ["2", "symlink"],
  ["3", "character-device"],
  ["4", "block-device"],
  ["5", "directory"],
  ["6", "fifo"],
]);

/** What an extension's content is for: it changes the next entry, or is to be ignored. */
type ExtensionKind = "pax" | "long-name" | "long-link" | "ignored";

const extensionKinds: ReadonlyMap<string, ExtensionKind> = new Map([
  ["x", "pax"],
  ["L", "long-name"],
  ["K", "long-link"],
  ["g", "ignored"], // defaults for the whole archive: image tools leave them aside, too
  ["V", "ignored"], // the label of a tape
]);

type State =
  | { readonly kind: "header" }
  | { readonly kind: "extension"; readonly of: ExtensionKind; readonly bytes: Buffer; filled: number }
  | { readonly kind: "content"; readonly sizeBytes: number; remaining: number }
  | { readonly kind: "padding"; remaining: number }
  | { readonly kind: "ended" };

/**
 * Reads a tar archive from pieces of any size.
 *
 *     header ──► extension ──► padding ──► header
 *        ├─────► content ────► padding ──► header
 *        └─────► ended                       (two blocks of zeros)
 *
 * A pure state machine: it holds one block and one extension, never content.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #block = Buffer.alloc(blockBytes);
  #blockFilled = 0;
  #zeroBlocks = 0;
  #state: State = { kind: "header" };
  #pax: PaxExtensions | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next piece of the archive.
   *
   * @throws Fault `invalid` for a broken archive, `unsupported` for sparse files and unknown entries; whatever the sink throws
   */
  push(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < piece.length) at += this.#take(piece, at);
  }

  /** Declares the archive complete. @throws Fault `invalid` when it stops in the middle of something */
  finish(): void {
    const isBetweenEntries = this.#state.kind === "header" && this.#blockFilled === 0 && !this.#hasExtensions();
    if (this.#state.kind !== "ended" && !isBetweenEntries) throw badArchive("the archive is cut off");
  }

  /** Uses some of the piece from `at` on; returns how much. */
  #take(piece: Buffer, at: number): number {
    const state = this.#state;
    switch (state.kind) {
      case "header":
        return this.#takeHeader(piece, at);
      case "extension": {
        const taken = piece.copy(state.bytes, state.filled, at);
        state.filled += taken;
        if (state.filled === state.bytes.length) this.#endExtension(state.of, state.bytes);
        return taken;
      }
      case "content": {
        const taken = Math.min(state.remaining, piece.length - at);
        this.#sink.content(piece.subarray(at, at + taken));
        state.remaining -= taken;
        if (state.remaining === 0) this.#endEntry(state.sizeBytes);
        return taken;
      }
      case "padding": {
        const taken = Math.min(state.remaining, piece.length - at);
        state.remaining -= taken;
        if (state.remaining === 0) this.#state = { kind: "header" };
        return taken;
      }
      case "ended":
        return piece.length - at;
    }
  }

  #takeHeader(piece: Buffer, at: number): number {
    if (this.#blockFilled === 0 && piece.length - at >= blockBytes) {
      this.#header(piece.subarray(at, at + blockBytes));
      return blockBytes;
    }
    const taken = piece.copy(this.#block, this.#blockFilled, at);
    this.#blockFilled += taken;
    if (this.#blockFilled === blockBytes) {
      this.#blockFilled = 0;
      this.#header(this.#block);
    }
    return taken;
  }

  #header(block: Buffer): void {
    if (isZeroBlock(block)) {
      this.#zeroBlocks += 1;
      if (this.#hasExtensions()) throw badArchive("an extension is followed by no entry");
      if (this.#zeroBlocks === 2) this.#state = { kind: "ended" };
      return;
    }
    if (this.#zeroBlocks > 0) throw badArchive("a block of zeros stands between entries");
    const header = decodeHeader(block);
    const extension = extensionKinds.get(header.typeFlag);
    if (extension === undefined) this.#entry(header);
    else this.#beginExtension(extension, header);
  }

  #beginExtension(of: ExtensionKind, header: TarHeader): void {
    if (header.sizeBytes > maxExtensionBytes) throw badArchive(`an extension has ${header.sizeBytes} bytes`);
    const bytes = Buffer.alloc(header.sizeBytes);
    this.#state = { kind: "extension", of, bytes, filled: 0 };
    if (bytes.length === 0) this.#endExtension(of, bytes);
  }

  #endExtension(of: ExtensionKind, bytes: Buffer): void {
    switch (of) {
      case "pax":
        this.#pax = decodePax(bytes);
        break;
      case "long-name":
        this.#longName = textOf(bytes);
        break;
      case "long-link":
        this.#longLink = textOf(bytes);
        break;
      case "ignored":
        break;
    }
    this.#pad(bytes.length);
  }

  #entry(header: TarHeader): void {
    const entry = this.#withExtensions(header);
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#sink.entry(entry);
    if (entry.sizeBytes === 0) this.#endEntry(0);
    else this.#state = { kind: "content", sizeBytes: entry.sizeBytes, remaining: entry.sizeBytes };
  }

  #endEntry(sizeBytes: number): void {
    this.#sink.entryEnd();
    this.#pad(sizeBytes);
  }

  /** Content is filled up to whole blocks. */
  #pad(contentBytes: number): void {
    const remaining = (blockBytes - (contentBytes % blockBytes)) % blockBytes;
    this.#state = remaining === 0 ? { kind: "header" } : { kind: "padding", remaining };
  }

  #withExtensions(header: TarHeader): TarEntry {
    const { typeFlag, modifiedAtSeconds, ...plain } = header;
    const extended = {
      ...plain,
      path: this.#longName ?? header.path,
      linkPath: this.#longLink ?? header.linkPath,
      modifiedAtNanos: BigInt(modifiedAtSeconds) * 1_000_000_000n,
      xattrs: noXattrs,
      ...this.#pax,
    };
    if (extended.path === "") throw badArchive("an entry has no name");
    const kind = kindOf(typeFlag, extended);
    // Some tools give links the size of their target; no content follows.
    return { ...extended, kind, sizeBytes: kind === "file" ? extended.sizeBytes : 0 };
  }

  #hasExtensions(): boolean {
    return this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined;
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();

/** The oldest format marks a directory by the slash at the end of its name only. */
function kindOf(typeFlag: string, { path, sizeBytes }: Pick<TarHeader, "path" | "sizeBytes">): TarEntryKind {
  if (typeFlag === "S") throw unsupportedArchive("sparse files are not supported");
  const kind = kinds.get(typeFlag);
  if (kind === undefined) throw unsupportedArchive(`entries of type ${JSON.stringify(typeFlag)} are not supported`);
  if (kind !== "file" || !path.endsWith("/")) return kind;
  if (sizeBytes > 0) throw badArchive("a directory has content");
  return "directory";
}

function textOf(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return bytes.toString("latin1", 0, nul === -1 ? bytes.length : nul);
}
