const chunkBytes = 64 * 1024;
const mostVarintBytes = 10;
/** What room is made for, when there is none, besides what is needed. */
const growth = 1.5;
const lengthDelimited = 2;
/** Values of the seven bits that each byte of a number has; the eighth says that more follow. */
const perByte = 128;
const bitsPerByte = 7;
const safe = BigInt(Number.MAX_SAFE_INTEGER);
/** Up to here the processor's own words do. */
const mostOfWord = 0x7fff_ffff;

/**
 * Writes protobuf fields one after the other.
 *
 * A scrape of a full node has ten thousand metrics with the same labels again and again: making a message object of each
 * costs several times as much as reading them.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class WireWriter {
  #chunk: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** A field of a number that is not negative; quicker for those that `numberOf` gives. */
  number(field: number, value: bigint | number): this {
    this.#reserve(2 * mostVarintBytes);
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }

  text(field: number, value: string): this {
    const length = Buffer.byteLength(value);
    this.open(field, length).#reserve(length);
    this.#end += this.#chunk.write(value, this.#end);
    return this;
  }

  /** Begins a field of a message, whose encoding of this length follows. */
  open(field: number, length: number): this {
    this.#reserve(2 * mostVarintBytes);
    this.#varint(field * 8 + lengthDelimited);
    this.#varint(length);
    return this;
  }

  /** Bytes that are encoded already. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    if (bytes.length > 0) this.#chunk.set(bytes, this.#end);
    this.#end += bytes.length;
    return this;
  }

  /** What was written since it was taken last, in one piece. */
  take(): Uint8Array {
    const taken = this.#chunk.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  /** Writes over all that was taken: it is of no use any more. */
  rewind(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** A new chunk gets what is in the making; what was taken stays where it is. */
  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#chunk.length) return;
    const pending = this.#chunk.subarray(this.#start, this.#end);
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, 2 * (pending.length + bytes)));
    this.#chunk.set(pending);
    this.#start = 0;
    this.#end = pending.length;
  }

  #varint(value: bigint | number): void {
    let rest = typeof value === "number" ? value : this.#lowerToSafe(value);
    for (; rest > mostOfWord; rest = Math.floor(rest / perByte)) this.#chunk[this.#end++] = (rest % perByte) + perByte;
    let word = rest;
    for (; word >= perByte; word >>>= bitsPerByte) this.#chunk[this.#end++] = (word & (perByte - 1)) | perByte;
    this.#chunk[this.#end++] = word;
  }

  /** Writes the lowest bits of a large number until the rest can be counted with quickly. */
  #lowerToSafe(value: bigint): number {
    let rest = value;
    for (; rest > safe; rest /= BigInt(perByte)) {
      this.#chunk[this.#end++] = Number(rest % BigInt(perByte)) + perByte;
    }
    return Number(rest);
  }
}

/** Bytes that `number` writes for a field below 16. */
export function lengthOfNumber(value: bigint | number): number {
  let length = 2;
  let large = value;
  for (; typeof large === "bigint" && large > safe; large /= BigInt(perByte)) length += 1;
  for (let rest = Number(large); rest >= perByte; rest /= perByte) length += 1;
  return length;
}

/** The same number, as the kind that is quick to work with where it is exact. */
export function numberOf(value: bigint): bigint | number {
  return value <= safe ? Number(value) : value;
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Puts parts one after the other into one piece of memory. */
export class Joiner {
  #bytes: Buffer;
  #end = 0;

  /** @param expectedBytes for so many, memory is taken only once */
  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(expectedBytes);
  }

  add(parts: readonly Uint8Array[]): void {
    this.#reserve(lengthOf(parts));
    for (const part of parts) {
      this.#bytes.set(part, this.#end);
      this.#end += part.length;
    }
  }

  all(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.ceil(needed * growth));
    larger.set(this.all());
    this.#bytes = larger;
  }
}
