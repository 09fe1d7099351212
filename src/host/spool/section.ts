import type { FileHandle } from "node:fs/promises";
import { Fault } from "#foundation";
import { hostFault } from "../faults.ts";
import { releaseMemory } from "./release-memory.ts";

/** Small pieces are gathered up to this size: each write costs a trip to another thread. */
const gatherBytes: number = 256 * 1024;

/** A part of a spool's file that grows at its own end, beside others. */
export class SpoolSection {
  /** Where in the file it begins. */
  readonly start: number;
  readonly #path: string;
  readonly #file: FileHandle;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writtenBytes = 0;

  constructor(file: FileHandle, path: string, start: number) {
    this.#file = file;
    this.#path = path;
    this.start = start;
  }

  /** All bytes that were added. */
  get sizeBytes(): number {
    return this.#writtenBytes + this.#gatheredBytes;
  }

  /** Those that are in the file. */
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
    const at = this.start + this.#writtenBytes;
    try {
      const { bytesWritten } = await this.#file.writev(pieces, at);
      if (bytesWritten < bytes) await this.#writeRest(Buffer.concat(pieces).subarray(bytesWritten), at + bytesWritten);
    } catch (error) {
      throw hostFault(`write ${this.#path}`, error);
    }
    this.#writtenBytes += bytes;
    for (const piece of pieces) releaseMemory(piece);
  }

  /** A write stops early on a nearly full disk; the next one says so. */
  async #writeRest(bytes: Buffer, start: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, start + at);
      if (bytesWritten === 0) throw new Fault("broken", "nothing was written");
      at += bytesWritten;
    }
  }
}
