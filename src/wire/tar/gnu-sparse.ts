import { badArchive } from "./faults.ts";
import { isSet, readNumber } from "./header.ts";
import { assertFragmentCount, createSparseMap, type SparseMap } from "./sparse.ts";

/** Where a block holds pairs of offset and size, and how many of them; a flag behind them tells of a further block. */
interface PairsPlace {
  readonly start: number;
  readonly count: number;
}

const inHeader: PairsPlace = { start: 386, count: 4 };
const inExtension: PairsPlace = { start: 0, count: 21 };
const pairBytes = 24;
const numberBytes = 12;
const realSizeOffset = 483;

/**
 * Gathers the map of a sparse file in GNU tar's old format: it begins in the
 * header and goes on in blocks between header and content.
 *
 * @see https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
 */
export class GnuSparseMap {
  readonly #numbers: number[] = [];
  readonly #realBytes: number;
  readonly #storedBytes: number;
  #isComplete: boolean;

  /** @throws Fault `invalid` for a number that is none */
  constructor(header: Buffer, storedBytes: number) {
    this.#storedBytes = storedBytes;
    this.#realBytes = numberAt(header, realSizeOffset);
    this.#isComplete = this.#gather(header, inHeader);
  }

  /** Whether no further block belongs to the map. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** @throws Fault `invalid` for a number that is none */
  extend(block: Buffer): void {
    this.#isComplete = this.#gather(block, inExtension);
  }

  /** @throws Fault `invalid` when the map makes no sense */
  finish(): SparseMap {
    return createSparseMap(this.#numbers, this.#realBytes, this.#storedBytes);
  }

  /** Whether the map ends with this block. */
  #gather(block: Buffer, { start, count }: PairsPlace): boolean {
    const end = start + count * pairBytes;
    for (let at = start; at < end && isSet(block, at + numberBytes); at += pairBytes) {
      this.#numbers.push(numberAt(block, at), numberAt(block, at + numberBytes));
    }
    assertFragmentCount(this.#numbers.length / 2);
    return !isSet(block, end);
  }
}

function numberAt(block: Buffer, start: number): number {
  const value = readNumber(block, start, start + numberBytes, "sparse map");
  if (value < 0) throw badArchive("a sparse file's map has a negative number");
  return value;
}
