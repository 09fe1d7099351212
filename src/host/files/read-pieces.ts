import { open } from "node:fs/promises";
import { hostFault } from "../faults.ts";

/**
 * Reads a file, or a pipe that somebody writes to, from its beginning to its end.
 *
 * Every piece but the last is full, and belongs to the caller.
 *
 * @throws Fault `not-found`, `denied` and what else the kernel says
 */
export async function* readPieces(path: string, pieceBytes: number): AsyncGenerator<Buffer> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw hostFault(`open ${path}`, error);
  });
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(pieceBytes);
      let filled = 0;
      for (let count = -1; filled < pieceBytes && count !== 0; filled += count) {
        count = (await file.read(piece, filled, pieceBytes - filled)).bytesRead;
      }
      if (filled > 0) yield piece.subarray(0, filled);
      if (filled < pieceBytes) return;
    }
  } catch (error) {
    throw hostFault(`read ${path}`, error);
  } finally {
    await file.close();
  }
}
