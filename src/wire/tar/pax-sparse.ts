import { badArchive, unsupportedArchive } from "./faults.ts";
import { assertFragmentCount, createSparseMap, type SparseMap } from "./sparse.ts";

/** What PAX records say of a sparse file, in any of the three formats of GNU tar. */
export interface PaxSparse {
  /** "1.0" has its map before its content; the older ones have it in records. */
  version: "0.x" | "1.0";
  realBytes?: number;
  /** The real name: the header's is made up. */
  path?: string;
  /** Offsets and sizes by turns; the header that they stand in bounds them. */
  numbers: number[];
}

/** Most digits of a number in a map. */
const maxDigits = 16;
const newline = 0x0a;
const zero = 0x30;

/**
 * Takes a record "GNU.sparse.KEY".
 *
 * @throws Fault `invalid` for a broken one, `unsupported` for a format that is not known
 * @see https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
 */
export function applyPaxSparse(sparse: PaxSparse, key: string, value: string): void {
  switch (key) {
    case "major":
      if (value !== "0" && value !== "1") throw unsupportedArchive(`sparse format ${JSON.stringify(value)}`);
      sparse.version = value === "1" ? "1.0" : "0.x";
      return;
    case "name":
      sparse.path = value;
      return;
    case "size":
    case "realsize":
      sparse.realBytes = count(value);
      return;
    case "offset":
    case "numbytes":
      assertTurn(sparse, key);
      sparse.numbers.push(count(value));
      return;
    case "map":
      sparse.numbers = value === "" ? [] : value.split(",").map(count);
      return;
    default: // the minor version, and the number of fragments, which the map shows
  }
}

/** The map of a file of the older formats. @throws Fault `invalid` */
export function sparseMapOf(sparse: PaxSparse, storedBytes: number): SparseMap {
  return createSparseMap(sparse.numbers, realBytesOf(sparse), storedBytes);
}

/**
 * Reads the map that stands before a file's content in format 1.0: the number
 * of fragments, then offsets and sizes, each in decimal on a line, filled up to
 * whole blocks.
 */
export class PaxSparseMap {
  readonly #realBytes: number;
  readonly #sizeBytes: number;
  readonly #numbers: number[] = [];
  #wanted: number | undefined;
  #value = 0;
  #digits = 0;
  #mapBytes = 0;

  /** `sizeBytes` are those of the map and the content. @throws Fault `invalid` when the file's size is missing */
  constructor(sparse: PaxSparse, sizeBytes: number) {
    this.#realBytes = realBytesOf(sparse);
    this.#sizeBytes = sizeBytes;
  }

  get isComplete(): boolean {
    return this.#numbers.length === this.#wanted;
  }

  /** @throws Fault `invalid` when it is no map, or longer than the entry */
  extend(block: Buffer): void {
    this.#mapBytes += block.length;
    if (this.#mapBytes > this.#sizeBytes) throw badArchive("a sparse file's map is cut off");
    for (let at = 0; at < block.length && !this.isComplete; at += 1) this.#take(block[at] ?? 0);
  }

  /** @throws Fault `invalid` when the map makes no sense */
  finish(): SparseMap {
    return createSparseMap(this.#numbers, this.#realBytes, this.#sizeBytes - this.#mapBytes);
  }

  #take(byte: number): void {
    if (byte === newline && this.#digits > 0) {
      this.#number(this.#value);
      this.#value = 0;
      this.#digits = 0;
      return;
    }
    const digit = byte - zero;
    this.#digits += 1;
    if (digit < 0 || digit > 9 || this.#digits > maxDigits) throw badArchive("a sparse file's map holds no number");
    this.#value = this.#value * 10 + digit;
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) throw badArchive("a sparse file's map holds no number");
    if (this.#wanted !== undefined) {
      this.#numbers.push(value);
      return;
    }
    assertFragmentCount(value);
    this.#wanted = 2 * value;
  }
}

function realBytesOf({ realBytes }: PaxSparse): number {
  if (realBytes === undefined) throw badArchive("a sparse file's size is missing");
  return realBytes;
}

/** Offsets and sizes come by turns. */
function assertTurn({ numbers }: PaxSparse, key: "offset" | "numbytes"): void {
  const isOffsetNext = numbers.length % 2 === 0;
  if (isOffsetNext !== (key === "offset")) throw badArchive("a sparse file's map is out of order");
}

function count(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw badArchive("a sparse file's map holds no number");
  return value;
}
