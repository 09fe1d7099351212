import { type FileHandle, open } from "node:fs/promises";
import { Fault } from "#foundation";
import { hostFault } from "../faults.ts";
import { releaseMemory } from "./release-memory.ts";

/** Small pieces are gathered up to this size: each write costs a trip to another thread. */
const gatherBytes: number = 256 * 1024;

/** A new file that grows at its end, while a {@link SpoolReader} may already follow it. */
export class SpoolWriter {
  readonly path: string;
  readonly #file: FileHandle;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writtenBytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Makes the file. @throws Fault `exists` when there is one of this name */
  static async create(path: string): Promise<SpoolWriter> {
    try {
      return new SpoolWriter(path, await open(path, "wx", 0o600));
    } catch (error) {
      throw hostFault(`create ${path}`, error);
    }
  }

  /** All bytes that were added. */
  get sizeBytes(): number {
    return this.#writtenBytes + this.#gatheredBytes;
  }

  /** Those that a reader finds in the file. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /**
   * Adds bytes; one call at a time. They belong to the file from then on: their memory is given back.
   *
   * @throws Fault `exhausted` when the disk is full
   */
  async append(bytes: Uint8Array): Promise<void> {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= gatherBytes) await this.flush();
  }

  /** Writes what is still in memory. */
  async flush(): Promise<void> {
    const pieces = this.#gathered;
    const bytes = this.#gatheredBytes;
    if (bytes === 0) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    try {
      const { bytesWritten } = await this.#file.writev(pieces);
      if (bytesWritten < bytes) await this.#writeRest(Buffer.concat(pieces).subarray(bytesWritten));
    } catch (error) {
      throw hostFault(`write ${this.path}`, error);
    }
    this.#writtenBytes += bytes;
    for (const piece of pieces) releaseMemory(piece);
  }

  /** Closes the file; twice is fine. What was not flushed is lost. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** A write stops early on a nearly full disk; the next one says so. */
  async #writeRest(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at);
      if (bytesWritten === 0) throw new Fault("broken", "nothing was written");
      at += bytesWritten;
    }
  }
}
