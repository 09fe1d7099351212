import { badArchive } from "./faults.ts";

/** A part of a sparse file that the archive has; what lies between is a hole. */
interface SparseFragment {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What a sparse file is made of. */
export interface SparseMap {
  /** In ascending order, without overlaps, inside of the file. */
  readonly fragments: readonly SparseFragment[];
  /** Bytes of the file with its holes. */
  readonly realBytes: number;
  /** Bytes that the archive has: those of all fragments. */
  readonly storedBytes: number;
}

/** What takes a file's content with its holes. */
interface SparseSink {
  content(bytes: Uint8Array): void;
  hole(sizeBytes: number): void;
}

/** Most fragments of one file: they are held in memory. */
const maxFragments = 262_144;

/**
 * Joins offsets and sizes, one after the other, to a map.
 *
 * @throws Fault `invalid` when they overlap, lead out of the file, or do not add up to the stored bytes
 */
export function createSparseMap(numbers: readonly number[], realBytes: number, storedBytes: number): SparseMap {
  if (numbers.length % 2 !== 0) throw badArchive("a sparse file's map has an offset without a size");
  const fragments: SparseFragment[] = [];
  let end = 0;
  let total = 0;
  for (let at = 0; at < numbers.length; at += 2) {
    const [offset = 0, sizeBytes = 0] = [numbers[at], numbers[at + 1]];
    if (offset < end) throw badArchive("a sparse file's fragments overlap");
    end = offset + sizeBytes;
    if (end > realBytes) throw badArchive("a sparse file's fragment lies behind its end");
    total += sizeBytes;
    // The last one of no size only tells where the file ends.
    if (sizeBytes > 0) fragments.push({ offset, sizeBytes });
  }
  if (total !== storedBytes) throw badArchive(`a sparse file has ${storedBytes} bytes, its map tells of ${total}`);
  return { fragments, realBytes, storedBytes };
}

/** @throws Fault `invalid` for a map that nobody makes in earnest */
export function assertFragmentCount(count: number): void {
  if (count > maxFragments) throw badArchive(`a sparse file has more than ${maxFragments} fragments`);
}

/** Puts the stored bytes of a sparse file where they belong. */
export class SparseContent {
  readonly #map: SparseMap;
  readonly #sink: SparseSink;
  #next = 0;
  #position = 0;

  constructor(map: SparseMap, sink: SparseSink) {
    this.#map = map;
    this.#sink = sink;
  }

  content(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const fragment = this.#map.fragments[this.#next];
      // The map adds up to the stored bytes, so there is one for each of them.
      if (fragment === undefined) throw badArchive("a sparse file has more bytes than its map");
      this.#skipTo(Math.max(this.#position, fragment.offset));
      const end = fragment.offset + fragment.sizeBytes;
      const taken = Math.min(end - this.#position, bytes.length - at);
      this.#sink.content(bytes.subarray(at, at + taken));
      at += taken;
      this.#position += taken;
      if (this.#position === end) this.#next += 1;
    }
  }

  /** Tells of the hole at the end. */
  end(): void {
    this.#skipTo(this.#map.realBytes);
  }

  #skipTo(position: number): void {
    if (position > this.#position) this.#sink.hole(position - this.#position);
    this.#position = position;
  }
}
