const frameMagic = 0xfd2fb528;
/** Sixteen magic numbers, told apart by their lowest four bits, begin frames to be skipped. */
const skippableMagic = 0x184d2a50;
const skippableMask = 0xfffffff0;

const repeatedByteBlock = 1;
const reservedBlock = 3;

type Part = "magic" | "skippable-size" | "descriptor" | "block-header";

const partBytes: Readonly<Record<Part, number>> = { magic: 4, "skippable-size": 4, descriptor: 1, "block-header": 3 };

/**
 * Cuts a zstd stream so that no piece goes on after the end of a frame.
 *
 * Node's decoder takes what follows a frame within one write for garbage and
 * ends. Given the frames in separate writes it reads on, and layers made for
 * lazy pulling have one frame for every file.
 *
 * What is not zstd is handed on as it is: the decoder has the better message.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 */
export class ZstdFrames {
  #part: Part | "unknown" = "magic";
  readonly #bytes: number[] = [];
  #skip = 0;
  #hasChecksum = false;

  /** The same bytes in pieces, cut where a frame ends. */
  *cut(piece: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < piece.length; ) {
      const taken = this.#take(piece, at);
      at += taken;
      if (this.#isAtFrameEnd()) {
        yield piece.subarray(start, at);
        start = at;
      }
    }
    if (start < piece.length) yield piece.subarray(start);
  }

  #isAtFrameEnd(): boolean {
    return this.#part === "magic" && this.#bytes.length === 0 && this.#skip === 0;
  }

  #take(piece: Buffer, at: number): number {
    if (this.#skip > 0 || this.#part === "unknown") {
      const taken = this.#part === "unknown" ? piece.length - at : Math.min(this.#skip, piece.length - at);
      this.#skip = Math.max(0, this.#skip - taken);
      return taken;
    }
    this.#bytes.push(piece[at] ?? 0);
    if (this.#bytes.length === partBytes[this.#part]) this.#endPart(this.#part, littleEndian(this.#bytes.splice(0)));
    return 1;
  }

  #endPart(part: Part, value: number): void {
    switch (part) {
      case "magic":
        this.#part = partAfterMagic(value);
        return;
      case "skippable-size":
        this.#part = "magic";
        this.#skip = value;
        return;
      case "descriptor":
        this.#part = "block-header";
        this.#hasChecksum = (value & 4) !== 0;
        this.#skip = headerBytesAfter(value);
        return;
      case "block-header":
        return this.#beginBlock(value);
    }
  }

  #beginBlock(header: number): void {
    const isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === reservedBlock) {
      this.#part = "unknown";
      return;
    }
    this.#skip = type === repeatedByteBlock ? 1 : size;
    if (!isLast) return;
    this.#skip += this.#hasChecksum ? 4 : 0;
    this.#part = "magic";
  }
}

/** Whether a stream whose first four bytes are this number, little-endian, is zstd. */
export function beginsZstd(magic: number): boolean {
  return partAfterMagic(magic) !== "unknown";
}

function partAfterMagic(magic: number): Part | "unknown" {
  if (magic === frameMagic) return "descriptor";
  return (magic & skippableMask) >>> 0 === skippableMagic ? "skippable-size" : "unknown";
}

/** The window's descriptor, the dictionary's id and the content's size, each of a length that the descriptor tells. */
function headerBytesAfter(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
