import { closeSync, openSync, readSync } from "node:fs";
import { hostFault } from "../faults.ts";

/** Reads a file that a {@link SpoolWriter} fills; it blocks, so use it in a thread of its own. */
export class SpoolReader {
  readonly #path: string;
  readonly #fd: number;
  readonly #buffer: Buffer;
  #position = 0;

  constructor(path: string, pieceBytes: number) {
    this.#path = path;
    this.#buffer = Buffer.allocUnsafeSlow(pieceBytes);
    try {
      this.#fd = openSync(path, "r");
    } catch (error) {
      throw hostFault(`open ${path}`, error);
    }
  }

  /** How much has been read. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes, at most a piece; empty at the present end of the file. Valid until the next call. */
  read(maxBytes: number): Buffer {
    try {
      const wanted = Math.min(maxBytes, this.#buffer.length);
      const count = readSync(this.#fd, this.#buffer, 0, wanted, this.#position);
      this.#position += count;
      return this.#buffer.subarray(0, count);
    } catch (error) {
      throw hostFault(`read ${this.#path}`, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
