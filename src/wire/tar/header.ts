import { badArchive } from "./faults.ts";

/** An archive is made of blocks of this size. */
export const blockBytes = 512;

/** A header block as it stands, before extensions. */
export interface TarHeader {
  readonly typeFlag: string;
  readonly path: string;
  readonly linkPath: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly modifiedAtSeconds: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

const checksumOffset = 148;
const checksumEnd = 156;
const space = 0x20;

/**
 * Decodes a header block of any of the formats v7, ustar, PAX and GNU.
 *
 * @throws Fault `invalid` when the checksum or a number is wrong
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
export function decodeHeader(block: Buffer): TarHeader {
  assertChecksum(block);
  const isUstar = block.toString("latin1", 257, 263) === "ustar\0";
  const isGnu = block.toString("latin1", 257, 265) === "ustar  \0";
  const prefix = isUstar ? text(block, 345, 500) : "";
  const name = text(block, 0, 100);
  return {
    typeFlag: block.toString("latin1", 156, 157),
    path: prefix === "" ? name : `${prefix}/${name}`,
    linkPath: text(block, 157, 257),
    mode: readNumber(block, 100, 108, "mode") & 0o7777,
    uid: readNumber(block, 108, 116, "uid"),
    gid: readNumber(block, 116, 124, "gid"),
    sizeBytes: size(block),
    modifiedAtSeconds: readNumber(block, 136, 148, "mtime"),
    deviceMajor: isUstar || isGnu ? readNumber(block, 329, 337, "devmajor") : 0,
    deviceMinor: isUstar || isGnu ? readNumber(block, 337, 345, "devminor") : 0,
  };
}

/** Whether a block holds zeros only: two of them end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of all bytes with the sum's own field as spaces; some old tools summed signed bytes. */
function assertChecksum(block: Buffer): void {
  const expected = readNumber(block, checksumOffset, checksumEnd, "checksum");
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < blockBytes; at += 1) {
    const byte = at >= checksumOffset && at < checksumEnd ? space : (block[at] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (expected !== unsigned && expected !== signed) throw badArchive("a header has the wrong checksum");
}

/** Text up to the first NUL. */
function text(block: Buffer, start: number, end: number): string {
  const nul = block.indexOf(0, start);
  return block.toString("latin1", start, nul === -1 || nul > end ? end : nul);
}

function size(block: Buffer): number {
  const value = readNumber(block, 124, 136, "size");
  if (value < 0) throw badArchive("an entry has a negative size");
  return value;
}

/** Whether a field holds anything. */
export function isSet(block: Buffer, at: number): boolean {
  return block[at] !== 0;
}

/** Octal digits, or GNU's base 256 when the first bit is set. @throws Fault `invalid` */
export function readNumber(block: Buffer, start: number, end: number, field: string): number {
  const value = ((block[start] ?? 0) & 0x80) === 0 ? octal(block, start, end) : base256(block, start, end);
  if (value === undefined || !Number.isSafeInteger(value)) throw badArchive(`a header's ${field} is no number`);
  return value;
}

function octal(block: Buffer, start: number, end: number): number | undefined {
  const digits = text(block, start, end).trim();
  if (digits === "") return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** A big-endian number in two's complement, whose second bit is its sign. */
function base256(block: Buffer, start: number, end: number): number {
  const isNegative = ((block[start] ?? 0) & 0x40) !== 0;
  let value = isNegative ? -1n : 0n;
  for (let at = start; at < end; at += 1) {
    const byte = at === start ? (block[at] ?? 0) & 0x3f : (block[at] ?? 0);
    value = (value << (at === start ? 6n : 8n)) | BigInt(byte);
  }
  return Number(value);
}
