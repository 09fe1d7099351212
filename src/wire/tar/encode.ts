import { blockBytes } from "./header.ts";

/** A plain file of an archive that is written. */
export interface WrittenFile {
  /** At most 100 bytes, ASCII. */
  readonly path: string;
  readonly sizeBytes: number;
}

const maxPathBytes = 100;
/** What eleven octal digits hold; larger sizes are written in GNU's base 256, which every reader knows. */
const maxOctalSize: number = 8 ** 11 - 1;

/** What stands at an archive's end. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * blockBytes);

/**
 * Encodes the header of a read-only file of root's, with no date: the same files give the same archive.
 *
 * @throws RangeError for a path that the header does not hold
 */
export function encodeTarHeader({ path, sizeBytes }: WrittenFile): Buffer {
  if (path.length > maxPathBytes || !/^[\x20-\x7e]+$/.test(path)) {
    throw new RangeError(`encode tar: ${JSON.stringify(path)} does not fit into a header`);
  }
  const header = Buffer.alloc(blockBytes);
  header.write(path);
  writeOctal(header, 100, 8, 0o444);
  writeOctal(header, 108, 8, 0);
  writeOctal(header, 116, 8, 0);
  writeSize(header, sizeBytes);
  writeOctal(header, 136, 12, 0);
  header.fill(" ", 148, 156);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  writeOctal(
    header,
    148,
    7,
    header.reduce((sum, byte) => sum + byte, 0),
  );
  return header;
}

/** The zeros that follow a file of this size. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes <= maxOctalSize) return writeOctal(header, 124, 12, sizeBytes);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(sizeBytes), 128);
}

function writeOctal(header: Buffer, offset: number, length: number, value: number): void {
  header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset);
}
