import { closeSync, openSync, readSync } from "node:fs";
import { isErrno } from "../errno.ts";
import { ReadAhead } from "./read-ahead.ts";
import { largestFileBytes, type PlaceInList, type ReadingList } from "./reading-list.ts";

/** Descriptors that are kept: all that is asked for of 110 pods with a cgroup and a container each, which are about 5,000. */
const mostKept = 6_144;
/** What was not asked for so long is closed: it has gone, or nobody wants to know any more. */
const idleMs = 60_000;
/** The same of the thread: a scrape comes once or several times a minute. */
const idleThreadMs = 300_000;

/**
 * Files of the kernel's that are read again and again, kept open, by what they tell of.
 *
 * Most of the time of reading one goes into opening it: kept open, it takes a fifth. An open control file holds nothing
 * back: its cgroup can go, and reading then says so. Files are found by short names that are constants, below the one long
 * name of their subject: looking a path up takes as long as reading a number.
 */
export class KeptFiles {
  readonly #subjects = new Map<string, SubjectFiles>();
  readonly #shelf: Shelf = { kept: 0, buffer: Buffer.allocUnsafeSlow(largestFileBytes), ahead: undefined };
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

  /**
   * Lets a thread read what subjects have, those that were read before: whoever reads them in this order soon finds half
   * of it done. Counts until the result is disposed of, and at most for a tenth of a second.
   *
   * @throws Fault `broken` when the thread has ended by itself; the next call starts another
   */
  readAhead(subjects: Iterable<string>): Disposable {
    const { ahead = new ReadAhead() } = this.#shelf;
    this.#shelf.ahead = ahead;
    try {
      ahead.begin((list) => {
        for (const subject of subjects) this.#subjects.get(subject)?.list(list);
      });
    } catch (error) {
      this.#shelf.ahead = undefined;
      throw error;
    }
    return { [Symbol.dispose]: () => ahead.stop() };
  }

  /** Whether the thread still reads. */
  get isReadingAhead(): boolean {
    return this.#shelf.ahead?.isReading ?? false;
  }

  /** Closes all of a subject's. Missing is success. */
  close(subject: string): void {
    this.#subjects.get(subject)?.close();
    this.#subjects.delete(subject);
  }

  #sweep(now: number): void {
    this.#sweptAtMs = now;
    for (const [subject, { usedAtMs }] of this.#subjects) if (now - usedAtMs >= idleMs) this.close(subject);
    const { ahead } = this.#shelf;
    if (ahead === undefined || ahead.isReading || now - ahead.usedAtMs < idleThreadMs) return;
    this.#shelf.ahead = undefined;
    ahead.end();
  }
}

/** What all subjects share. */
interface Shelf {
  kept: number;
  readonly buffer: Buffer;
  ahead: ReadAhead | undefined;
}

interface KeptFile {
  readonly descriptor: number;
  /** Among its subject's, when they were listed last. */
  index: number;
}

const notListed = -1;

/** The open files of one subject. */
class SubjectFiles {
  usedAtMs = 0;
  readonly #shelf: Shelf;
  readonly #files = new Map<string, KeptFile>();
  #place: PlaceInList | undefined;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** What is in a file now; empty when it is not there. `open` is called when it is not open yet. */
  read(name: string, open: () => number): string {
    const file = this.#files.get(name);
    const text = file === undefined ? undefined : (this.#findRead(file) ?? this.#readKept(name, file));
    return text ?? this.#readNew(name, open);
  }

  /** Adds what is open to what is read ahead. */
  list(list: ReadingList): void {
    const files = [...this.#files.values()];
    for (const [index, file] of files.entries()) file.index = index;
    this.#place = list.add(files.map(({ descriptor }) => descriptor));
  }

  close(): void {
    for (const name of this.#files.keys()) this.#close(name);
  }

  #findRead({ index }: KeptFile): string | undefined {
    const { ahead } = this.#shelf;
    if (ahead === undefined || this.#place === undefined || index === notListed) return undefined;
    return ahead.find(this.#place, index);
  }

  #readKept(name: string, { descriptor }: KeptFile): string | undefined {
    try {
      const { buffer } = this.#shelf;
      return buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, largestFileBytes, 0));
    } catch (error) {
      // The cgroup has gone; another may have its name.
      if (!isMissing(error)) throw error;
      this.#close(name);
      return undefined;
    }
  }

  #readNew(name: string, open: () => number): string {
    try {
      const file = { descriptor: open(), index: notListed };
      this.#files.set(name, file);
      this.#shelf.kept += 1;
      const text = this.#readKept(name, file) ?? "";
      if (this.#shelf.kept > mostKept) this.#close(name);
      return text;
    } catch (error) {
      if (isMissing(error)) return "";
      throw error;
    }
  }

  #close(name: string): void {
    const file = this.#files.get(name);
    if (file === undefined) return;
    this.#files.delete(name);
    const { ahead } = this.#shelf;
    this.#shelf.kept -= 1;
    if (ahead === undefined) closeSync(file.descriptor);
    else ahead.closeDescriptor(file.descriptor);
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
