import { closeSync, openSync, readSync } from "node:fs";
import { isErrno } from "./errno.ts";

/** Descriptors that are kept: all that is asked for of 110 pods with a cgroup and a container each, which are about 5,000. */
const mostKept = 6_144;
/** What was not asked for so long is closed: it has gone, or nobody wants to know any more. */
const idleMs = 60_000;
/** Larger than any file that is kept. */
const bufferBytes = 64 * 1024;

/**
 * Files of the kernel's that are read again and again, kept open, by what they tell of.
 *
 * Most of the time of reading one goes into opening it: kept open, it takes a fifth. An open control file holds nothing
 * back: its cgroup can go, and reading then says so. Files are found by short names that are constants, below the one long
 * name of their subject: looking a path up takes as long as reading a number.
 */
export class KeptFiles {
  readonly #subjects = new Map<string, SubjectFiles>();
  readonly #shelf: Shelf = { kept: 0, buffer: Buffer.allocUnsafeSlow(bufferBytes) };
  #sweptAtMs = performance.now();

  /** The files of a subject: a cgroup, a namespace. */
  of(subject: string): SubjectFiles {
    const now = performance.now();
    if (now - this.#sweptAtMs >= idleMs) this.#sweep(now);
    const files = this.#subjects.get(subject) ?? new SubjectFiles(this.#shelf);
    this.#subjects.set(subject, files);
    files.usedAtMs = now;
    return files;
  }

  /** Closes all of a subject's. Missing is success. */
  close(subject: string): void {
    this.#subjects.get(subject)?.close();
    this.#subjects.delete(subject);
  }

  #sweep(now: number): void {
    this.#sweptAtMs = now;
    for (const [subject, { usedAtMs }] of this.#subjects) if (now - usedAtMs >= idleMs) this.close(subject);
  }
}

/** What all subjects share. */
interface Shelf {
  kept: number;
  readonly buffer: Buffer;
}

/** The open files of one subject. */
class SubjectFiles {
  usedAtMs = 0;
  readonly #shelf: Shelf;
  readonly #descriptors = new Map<string, number>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** What is in a file now; empty when it is not there. `open` is called when it is not open yet. */
  read(name: string, open: () => number): string {
    const descriptor = this.#descriptors.get(name);
    const text = descriptor === undefined ? undefined : this.#readKept(name, descriptor);
    return text ?? this.#readNew(name, open);
  }

  close(): void {
    for (const name of this.#descriptors.keys()) this.#close(name);
  }

  #readKept(name: string, descriptor: number): string | undefined {
    try {
      const { buffer } = this.#shelf;
      return buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, bufferBytes, 0));
    } catch (error) {
      // The cgroup has gone; another may have its name.
      if (!isMissing(error)) throw error;
      this.#close(name);
      return undefined;
    }
  }

  #readNew(name: string, open: () => number): string {
    try {
      const descriptor = open();
      this.#descriptors.set(name, descriptor);
      this.#shelf.kept += 1;
      const text = this.#readKept(name, descriptor) ?? "";
      if (this.#shelf.kept > mostKept) this.#close(name);
      return text;
    } catch (error) {
      if (isMissing(error)) return "";
      throw error;
    }
  }

  #close(name: string): void {
    const descriptor = this.#descriptors.get(name);
    if (descriptor === undefined) return;
    this.#descriptors.delete(name);
    this.#shelf.kept -= 1;
    closeSync(descriptor);
  }
}

/** Opens a file for {@link SubjectFiles.read}. */
export function openForReading(file: string): number {
  return openSync(file, "r");
}

/** EOPNOTSUPP: a pressure file of a kernel that has it switched off. */
export function isMissing(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP");
}
