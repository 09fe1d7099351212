import { readFileSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { Fault } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";

const defaultLimitBytes = 16 * 1_048_576;
const firstPieceBytes = 16_384;

/** Reads a whole file, whose size need not be known beforehand (/proc says 0). */
export async function readWholeFile(path: string, maxBytes: number = defaultLimitBytes): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const pieces: Buffer[] = [];
    let total = 0;
    for (let wanted = Math.max(size + 1, firstPieceBytes); ; wanted = firstPieceBytes) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(wanted, maxBytes - total + 1)));
      if (bytesRead === 0) return Buffer.concat(pieces, total);
      total += bytesRead;
      if (total > maxBytes) throw tooLarge(path, maxBytes);
      pieces.push(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    throw hostFault(`read ${path}`, error);
  }
}

/** Reads a small file at once. */
export function readSmallFile(path: string, maxBytes: number): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
    return bytes.toString("utf8");
  } catch (error) {
    throw hostFault(`read ${path}`, error);
  }
}

/** Names in a directory, sorted; none when it is missing. */
export async function listNames(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw hostFault(`list ${path}`, error);
  }
}

function tooLarge(path: string, limitBytes: number): Fault {
  return new Fault("exhausted", `read ${path}: larger than ${limitBytes} bytes`, {
    reason: { code: "host.file-too-large", path, limitBytes },
  });
}
