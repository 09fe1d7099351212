import { closeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { Fault, messageOf } from "#foundation";
import { type PlaceInList, ReadingList } from "./reading-list.ts";

/** What the smallest program of a thread needs. */
const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 } as const;
/** How long what was read is as good as new. */
const mostAgeMs = 100;

/**
 * A thread that reads files which will be asked for; see {@link ReadingList}.
 *
 * Invariant: what it may be reading stays open: another file would get the number.
 */
export class ReadAhead {
  readonly #list = new ReadingList();
  readonly #worker: Worker;
  /** To be closed when it has let go of them. */
  readonly #doomed: number[] = [];
  #isReading = false;
  #hasEnded = false;
  #failure: unknown;
  #usedAtMs = performance.now();
  #isValid = false;

  constructor() {
    const entry = new URL("./reading-thread.ts", import.meta.url);
    this.#worker = new Worker(entry, { name: "crisp-read", resourceLimits, workerData: this.#list.memory });
    this.#worker.unref();
    this.#worker.on("message", () => this.#rest());
    this.#worker.on("error", (error) => {
      this.#failure = error;
    });
    this.#worker.on("exit", () => {
      this.#hasEnded = true;
      this.#rest();
    });
  }

  /** Whether it reads what was listed last. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** When it was begun last, as `performance.now` tells it. */
  get usedAtMs(): number {
    return this.#usedAtMs;
  }

  /**
   * Reads what `list` adds, which is asked for in that order. What it still reads of an earlier list goes on instead.
   *
   * @throws Fault `broken` when the thread has ended
   */
  begin(list: (list: ReadingList) => void): void {
    if (this.#hasEnded) {
      throw new Fault("broken", `the thread that reads ahead has ended: ${messageOf(this.#failure)}`);
    }
    if (this.#isReading) return;
    this.#list.clear();
    list(this.#list);
    this.#isReading = true;
    this.#isValid = true;
    this.#usedAtMs = performance.now();
    this.#worker.postMessage(this.#list.open());
  }

  /** What was read of a file; undefined when that was not, or is too old. */
  find(place: PlaceInList, index: number): string | undefined {
    if (!this.#isValid) return undefined;
    if (performance.now() - this.#usedAtMs <= mostAgeMs) return this.#list.find(place, index);
    this.stop();
    return undefined;
  }

  /** Nothing that was read counts any more. */
  stop(): void {
    this.#isValid = false;
    this.#list.abandon();
  }

  /** Closes a descriptor as soon as nobody reads it. */
  closeDescriptor(descriptor: number): void {
    if (this.#isReading) this.#doomed.push(descriptor);
    else closeSync(descriptor);
  }

  end(): void {
    void this.#worker.terminate();
  }

  #rest(): void {
    this.#isReading = false;
    for (const descriptor of this.#doomed.splice(0)) closeSync(descriptor);
  }
}
