import type { TarEntry, TarSink } from "./entry.ts";
import { type ExtensionKind, extensionKindOf, PendingExtensions } from "./extensions.ts";
import { badArchive } from "./faults.ts";
import { GnuSparseMap } from "./gnu-sparse.ts";
import { blockBytes, decodeHeader, isZeroBlock, type TarHeader } from "./header.ts";
import { PaxSparseMap, sparseMapOf } from "./pax-sparse.ts";
import { SparseContent, type SparseMap } from "./sparse.ts";

/** Most bytes of one PAX header or long name: they are held in memory. */
const maxExtensionBytes: number = 1024 * 1024;

/** A sparse file's map that is read block by block. */
interface BlockwiseMap {
  readonly isComplete: boolean;
  extend(block: Buffer): void;
  finish(): SparseMap;
}

type State =
  | { readonly kind: "header" }
  | { readonly kind: "extension"; readonly of: ExtensionKind; readonly bytes: Buffer; filled: number }
  | { readonly kind: "sparse-map"; readonly entry: TarEntry; readonly map: BlockwiseMap }
  | { readonly kind: "content"; readonly sizeBytes: number; readonly sparse?: SparseContent; remaining: number }
  | { readonly kind: "padding"; remaining: number }
  | { readonly kind: "ended" };

/**
 * Reads a tar archive from pieces of any size.
 *
 *     header ──► extension ──► padding ──► header
 *        ├─────► sparse map ─┐
 *        ├─────► content ◄───┘─► padding ──► header
 *        └─────► ended                       (two blocks of zeros)
 *
 * A pure state machine: it holds one block, one extension and one sparse file's
 * map, never content.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #block = Buffer.alloc(blockBytes);
  readonly #extensions = new PendingExtensions();
  #blockFilled = 0;
  #zeroBlocks = 0;
  #state: State = { kind: "header" };

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next piece of the archive.
   *
   * @throws Fault `invalid` for a broken archive, `unsupported` for unknown entries; whatever the sink throws
   */
  push(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < piece.length) at += this.#take(piece, at);
  }

  /** Declares the archive complete. @throws Fault `invalid` when it stops in the middle of something */
  finish(): void {
    const isBetweenEntries = this.#state.kind === "header" && this.#blockFilled === 0 && this.#extensions.isEmpty;
    if (this.#state.kind !== "ended" && !isBetweenEntries) throw badArchive("the archive is cut off");
  }

  /** Uses some of the piece from `at` on; returns how much. */
  #take(piece: Buffer, at: number): number {
    const state = this.#state;
    switch (state.kind) {
      case "header":
        return this.#takeBlock(piece, at, (block) => this.#header(block));
      case "sparse-map":
        return this.#takeBlock(piece, at, (block) => this.#extendMap(state.entry, state.map, block));
      case "extension": {
        const taken = piece.copy(state.bytes, state.filled, at);
        state.filled += taken;
        if (state.filled === state.bytes.length) this.#endExtension(state.of, state.bytes);
        return taken;
      }
      case "content": {
        const taken = Math.min(state.remaining, piece.length - at);
        (state.sparse ?? this.#sink).content(piece.subarray(at, at + taken));
        state.remaining -= taken;
        if (state.remaining === 0) this.#endEntry(state.sizeBytes, state.sparse);
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

  #takeBlock(piece: Buffer, at: number, use: (block: Buffer) => void): number {
    if (this.#blockFilled === 0 && piece.length - at >= blockBytes) {
      use(piece.subarray(at, at + blockBytes));
      return blockBytes;
    }
    const taken = piece.copy(this.#block, this.#blockFilled, at);
    this.#blockFilled += taken;
    if (this.#blockFilled === blockBytes) {
      this.#blockFilled = 0;
      use(this.#block);
    }
    return taken;
  }

  #header(block: Buffer): void {
    if (isZeroBlock(block)) {
      this.#zeroBlocks += 1;
      if (!this.#extensions.isEmpty) throw badArchive("an extension is followed by no entry");
      if (this.#zeroBlocks === 2) this.#state = { kind: "ended" };
      return;
    }
    if (this.#zeroBlocks > 0) throw badArchive("a block of zeros stands between entries");
    const header = decodeHeader(block);
    const extension = extensionKindOf(header);
    if (extension === undefined) this.#beginEntry(header, block);
    else this.#beginExtension(extension, header);
  }

  #beginExtension(of: ExtensionKind, header: TarHeader): void {
    if (header.sizeBytes > maxExtensionBytes) throw badArchive(`an extension has ${header.sizeBytes} bytes`);
    const bytes = Buffer.alloc(header.sizeBytes);
    this.#state = { kind: "extension", of, bytes, filled: 0 };
    if (bytes.length === 0) this.#endExtension(of, bytes);
  }

  #endExtension(of: ExtensionKind, bytes: Buffer): void {
    this.#extensions.add(of, bytes);
    this.#pad(bytes.length);
  }

  #beginEntry(header: TarHeader, block: Buffer): void {
    const { sparse, ...entry } = this.#extensions.applyTo(header);
    const stored = entry.sizeBytes;
    if (header.typeFlag === "S") this.#readMap(entry, new GnuSparseMap(block, stored));
    else if (sparse?.version === "1.0") this.#readMap(entry, new PaxSparseMap(sparse, stored));
    else if (sparse !== undefined) this.#beginSparse(entry, sparseMapOf(sparse, stored));
    else this.#beginContent(entry, stored);
  }

  #readMap(entry: TarEntry, map: BlockwiseMap): void {
    if (map.isComplete) this.#beginSparse(entry, map.finish());
    else this.#state = { kind: "sparse-map", entry, map };
  }

  #extendMap(entry: TarEntry, map: BlockwiseMap, block: Buffer): void {
    map.extend(block);
    this.#readMap(entry, map);
  }

  #beginSparse(entry: TarEntry, map: SparseMap): void {
    const { realBytes, storedBytes } = map;
    this.#beginContent({ ...entry, sizeBytes: realBytes }, storedBytes, new SparseContent(map, this.#sink));
  }

  #beginContent(entry: TarEntry, sizeBytes: number, sparse?: SparseContent): void {
    this.#sink.entry(entry);
    if (sizeBytes === 0) this.#endEntry(0, sparse);
    else
      this.#state = { kind: "content", sizeBytes, remaining: sizeBytes, ...(sparse === undefined ? {} : { sparse }) };
  }

  #endEntry(sizeBytes: number, sparse: SparseContent | undefined): void {
    sparse?.end();
    this.#sink.entryEnd();
    this.#pad(sizeBytes);
  }

  /** Content is filled up to whole blocks. */
  #pad(contentBytes: number): void {
    const remaining = (blockBytes - (contentBytes % blockBytes)) % blockBytes;
    this.#state = remaining === 0 ? { kind: "header" } : { kind: "padding", remaining };
  }
}
