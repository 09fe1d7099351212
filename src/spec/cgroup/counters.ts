/** More lines than any control file of the kernel has; what is beyond them is not read. */
const mostLines = 4_096;
/** Digits of the largest number of 64 bits. */
const mostDigits = 20;
/** Numbers of so many digits are exact without being a bigint, and much quicker to make. */
const exactDigits = 15;

const zero = 48;
const nine = 57;
const newline = 10;
const space = 32;

/** The lines of a control file. */
export function linesOf(text: string): readonly string[] {
  return text.split("\n", mostLines).filter((line) => line !== "");
}

/** Decodes a control file of one number; undefined for "max", which is no limit, and for what is no number. */
export function decodeCgroupNumber(text: string): bigint | undefined {
  const isLine = text.charCodeAt(text.length - 1) === newline;
  return countIn(text, 0, isLine ? text.length - 1 : text.length);
}

/** A control file of `key number` lines: memory.stat, cpu.stat, memory.events. */
export interface CgroupFields {
  /** The number of a key; undefined when there is no such line. */
  get(key: string): bigint | undefined;
}

/**
 * Decodes a control file of `key number` lines; other lines do not count.
 *
 * A line is looked for when it is asked for, from where the last one was: memory.stat has forty of them, of which ten are
 * wanted, hundreds of times a second on a full node. Asked in the kernel's order, the text is gone through once.
 */
export function decodeCgroupFields(text: string): CgroupFields {
  let last = 0;
  return {
    get: (key) => {
      const found = lineOf(text, key, last);
      const start = found === -1 && last > 0 ? lineOf(text, key, 0) : found;
      if (start === -1) return undefined;
      last = start;
      const end = text.indexOf("\n", start);
      return countIn(text, start + key.length + 1, end === -1 ? text.length : end);
    },
  };
}

/** Where the line of a key begins, at `from` or after it; -1 when there is none. */
function lineOf(text: string, key: string, from: number): number {
  for (let at = text.indexOf(key, from); at !== -1; at = text.indexOf(key, at + 1)) {
    const isWhole = text.charCodeAt(at + key.length) === space;
    if (isWhole && (at === 0 || text.charCodeAt(at - 1) === newline)) return at;
  }
  return -1;
}

/** A number that the kernel prints: at most 64 bits of it. */
export function isCount(word: string): boolean {
  return /^\d{1,20}$/.test(word);
}

/** The number that a part of a text is; undefined when it is none. */
export function countIn(text: string, start: number, end: number): bigint | undefined {
  const digits = end - start;
  if (digits < 1 || digits > mostDigits) return undefined;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < zero || code > nine) return undefined;
    value = value * 10 + (code - zero);
  }
  return digits <= exactDigits ? BigInt(value) : BigInt(text.slice(start, end));
}
