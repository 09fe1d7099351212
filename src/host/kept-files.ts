import { closeSync, openSync, readSync } from "node:fs";
import { isErrno } from "./errno.ts";

interface Kept {
  readonly descriptor: number;
  usedAtMs: number;
}

/** Descriptors that are kept: what is asked for all the time of more than 100 pods. */
const mostKept = 4_096;
/** A file that was not read for so long is closed: what it tells of has gone, or nobody asks any more. */
const idleMs = 60_000;
/** Larger than any file that is kept. */
const bufferBytes = 64 * 1024;

/**
 * Files of the kernel's that are read again and again, kept open.
 *
 * Most of the time of reading one goes into opening it: kept open, it takes a fifth. An open control file holds nothing
 * back: its cgroup can go, and reading then says so.
 */
export class KeptFiles {
  readonly #kept = new Map<string, Kept>();
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #sweptAtMs = performance.now();

  /** Empty when it is not there. `open` is for files that are not found by their name alone. */
  read(file: string, open: () => number = () => openSync(file, "r")): string {
    this.#sweep();
    const kept = this.#kept.get(file);
    const text = kept === undefined ? undefined : this.#readKept(file, kept);
    return text ?? this.#readNew(file, open);
  }

  #readKept(file: string, kept: Kept): string | undefined {
    try {
      const length = readSync(kept.descriptor, this.#buffer, 0, bufferBytes, 0);
      kept.usedAtMs = performance.now();
      return this.#buffer.toString("latin1", 0, length);
    } catch (error) {
      // The cgroup has gone; another may have its name.
      if (!isMissing(error)) throw error;
      this.close(file);
      return undefined;
    }
  }

  #readNew(file: string, open: () => number): string {
    try {
      const kept = { descriptor: open(), usedAtMs: performance.now() };
      this.#kept.set(file, kept);
      const text = this.#readKept(file, kept) ?? "";
      if (this.#kept.size > mostKept) this.close(file);
      return text;
    } catch (error) {
      if (isMissing(error)) return "";
      throw error;
    }
  }

  #sweep(): void {
    const now = performance.now();
    if (now - this.#sweptAtMs < idleMs) return;
    this.#sweptAtMs = now;
    for (const [file, { usedAtMs }] of this.#kept) if (now - usedAtMs >= idleMs) this.close(file);
  }

  /** Missing is success. */
  close(file: string): void {
    const kept = this.#kept.get(file);
    this.#kept.delete(file);
    if (kept !== undefined) closeSync(kept.descriptor);
  }
}

/** EOPNOTSUPP: a pressure file of a kernel that has it switched off. */
function isMissing(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP");
}
