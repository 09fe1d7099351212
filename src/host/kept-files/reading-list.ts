import { readSync } from "node:fs";

const mostFiles = 8_192;
/** More than any file that is kept has. */
export const largestFileBytes: number = 64 * 1024;
/** Room for what a few thousand control files have; what is never written takes no memory. */
const contentBytes = 4 * 1024 * 1024;
const bytesPerNumber = 4;
const unreadable = -1;

/** Where the two sides tell each other how far they are. */
const place = { ready: 0, reached: 1 } as const;

/**
 * Files that one thread reads while another asks for them, in memory that both see.
 *
 * The asker goes from the first subject to the last, the reader comes towards it. Nobody waits: what is not there yet is
 * read by the asker, and where they meet the reader stops.
 */
export class ReadingList {
  readonly memory: SharedArrayBuffer;
  /** `ready`: the first subject that is there, with all that follow. `reached`: the last that was asked for. */
  readonly #places: Int32Array;
  /** By subject: its first file; the next entry is where they end. */
  readonly #firstFiles: Int32Array;
  /** By file. */
  readonly #descriptors: Int32Array;
  /** By file: where its content begins, and how long that is. */
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #content: Buffer;
  #round = 0;
  #subjects = 0;
  #files = 0;

  /** @param memory another list's, which is then the same list */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(listBytes())) {
    this.memory = memory;
    let end = 0;
    const numbers = (count: number): Int32Array => {
      const view = new Int32Array(memory, end, count);
      end += view.byteLength;
      return view;
    };
    [this.#places, this.#firstFiles] = [numbers(2), numbers(mostFiles + 1)];
    [this.#descriptors, this.#starts, this.#lengths] = [numbers(mostFiles), numbers(mostFiles), numbers(mostFiles)];
    this.#content = Buffer.from(memory, end);
  }

  /** Begins a new list; nobody may be reading. */
  clear(): void {
    this.#round += 1;
    this.#subjects = 0;
    this.#files = 0;
  }

  /** Adds a subject's files; undefined when there are none, or there is no room. */
  add(descriptors: readonly number[]): PlaceInList | undefined {
    const firstFile = this.#files;
    if (descriptors.length === 0 || firstFile + descriptors.length > mostFiles) return undefined;
    this.#descriptors.set(descriptors, firstFile);
    this.#files += descriptors.length;
    this.#subjects += 1;
    this.#firstFiles[this.#subjects] = this.#files;
    return { round: this.#round, subject: this.#subjects - 1, firstFile };
  }

  /** Ends the adding; gives how many subjects there are. */
  open(): number {
    this.#places.set([this.#subjects, -1]);
    return this.#subjects;
  }

  /** Nothing will be asked for any more. */
  abandon(): void {
    Atomics.store(this.#places, place.reached, this.#subjects);
  }

  /** What was in the n-th file of a subject when it was read; undefined when it was not. */
  find({ round, subject, firstFile }: PlaceInList, index: number): string | undefined {
    if (round !== this.#round) return undefined;
    if (subject < Atomics.load(this.#places, place.ready)) {
      if (subject > (this.#places[place.reached] ?? 0)) Atomics.store(this.#places, place.reached, subject);
      return undefined;
    }
    const [start = 0, length = unreadable] = [this.#starts[firstFile + index], this.#lengths[firstFile + index]];
    return length === unreadable ? undefined : this.#content.toString("latin1", start, start + length);
  }

  /** Reads from the last subject on, until it comes to what was asked for. */
  readFromEnd(subjects: number): void {
    let end = 0;
    for (let subject = subjects - 1; subject > Atomics.load(this.#places, place.reached); subject -= 1) {
      const last = this.#firstFiles[subject + 1] ?? 0;
      for (let file = this.#firstFiles[subject] ?? 0; file < last; file += 1) {
        if (end + largestFileBytes > this.#content.length) return;
        const length = this.#read(this.#descriptors[file] ?? -1, end);
        this.#starts[file] = end;
        this.#lengths[file] = length;
        end += Math.max(0, length);
      }
      Atomics.store(this.#places, place.ready, subject);
    }
  }

  /** Whoever asks for what cannot be read reads it again, and finds out why. */
  #read(descriptor: number, start: number): number {
    try {
      return readSync(descriptor, this.#content, start, largestFileBytes, 0);
    } catch {
      return unreadable;
    }
  }
}

/** Where a subject and its files are in a list. */
export interface PlaceInList {
  readonly round: number;
  readonly subject: number;
  readonly firstFile: number;
}

function listBytes(): number {
  return bytesPerNumber * (Object.keys(place).length + 1 + 4 * mostFiles) + contentBytes;
}
