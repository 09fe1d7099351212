import { isFault, type Logger } from "#foundation";
import type { Database } from "../database.ts";

/** What waits in memory when the disk takes nothing; beyond it the oldest are lost, and counted. */
const mostWaiting = 4_096;
/** Time that what nobody waits for stays in memory. */
const lazyMs = 100;
/** Least time between two writes: a node that starts many pods has a hundred changes in it, of the same few pages. */
const gatherMs = 10;
/** Changes that are written without waiting for more, so that the file stays within its bound however much happens. */
const mostGathered = 128;

/**
 * Gathers changes and writes them in one transaction, off the path of whoever
 * made them: soon is in the next turn of the event loop, or a little later where that has just been done; later is within
 * a moment.
 */
export class WriteBehind {
  readonly #database: Database;
  readonly #logger: Logger;
  #waiting = new Map<unknown, () => void>();
  #next: NodeJS.Immediate | undefined;
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #lost = 0;
  #hasFailed = false;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Adds a change, in place of one of the same `about` that still waits. */
  add(write: () => void, urgency: "soon" | "later", about: unknown = write): void {
    this.#waiting.set(about, write);
    if (this.#waiting.size > mostWaiting) this.#dropOldest();
    // It is tried again at its own pace.
    if (this.#hasFailed) return;
    const earlyMs = urgency === "soon" ? this.#flushedAtMs + gatherMs - performance.now() : Number.POSITIVE_INFINITY;
    if (earlyMs <= 0 || this.#waiting.size >= mostGathered) this.#next ??= setImmediate(() => this.flush());
    else if (urgency === "soon") this.#soon ??= setTimeout(() => this.flush(), earlyMs).unref();
    else this.#later ??= setTimeout(() => this.flush(), lazyMs).unref();
  }

  /** Writes all that waits. False when it cannot be written; it waits on then. */
  flush(): boolean {
    this.#disarm();
    if (this.#waiting.size === 0) return true;
    const writes = this.#waiting;
    this.#flushedAtMs = performance.now();
    try {
      this.#database.transaction(() => {
        for (const write of writes.values()) write();
      });
      this.#waiting = new Map();
      this.#tellRecovered();
      return true;
    } catch (error) {
      this.#tellFailed(error);
      this.#later = setTimeout(() => this.flush(), retryMsOf(error)).unref();
      return false;
    }
  }

  close(): void {
    this.flush();
    this.#disarm();
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys();
    this.#waiting.delete(oldest);
    this.#lost += 1;
  }

  #disarm(): void {
    clearImmediate(this.#next);
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    this.#next = undefined;
    this.#soon = undefined;
    this.#later = undefined;
  }

  #tellFailed(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#logger.error("the journal cannot be written", { error });
  }

  #tellRecovered(): void {
    if (!this.#hasFailed) return;
    this.#logger.warn("the journal can be written again", { lost: this.#lost });
    this.#hasFailed = false;
    this.#lost = 0;
  }
}

/** A disk that is full gets free; a damaged file does not mend itself, and is looked at rarely. */
function retryMsOf(error: unknown): number {
  return isFault(error, "exhausted") ? 1_000 : 30_000;
}
