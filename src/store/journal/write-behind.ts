import { isFault, type Logger } from "#foundation";
import type { Database } from "../database.ts";

/** What waits in memory when the disk takes nothing; beyond it the oldest are lost, and counted. */
const mostWaiting = 4_096;
/** Time that what nobody waits for stays in memory. */
const lazyMs = 100;
/** Least time between two writes: a node that starts many pods has a hundred changes in it, of the same few pages. */
const gatherMs = 10;

/**
 * Gathers changes and writes them in one transaction, off the path of whoever
 * made them: soon is in the next turn of the event loop, or a little later where that has just been done; later is within
 * a moment.
 */
export class WriteBehind {
  readonly #database: Database;
  readonly #logger: Logger;
  #waiting = new Map<unknown, () => void>();
  /** Gives the write up that comes soon. */
  #soon: (() => void) | undefined;
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
    if (urgency === "soon") this.#soon ??= this.#flushSoon();
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

  #flushSoon(): () => void {
    const earlyMs = this.#flushedAtMs + gatherMs - performance.now();
    if (earlyMs <= 0) {
      const immediate = setImmediate(() => this.flush());
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(() => this.flush(), earlyMs).unref();
    return () => clearTimeout(timer);
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys();
    this.#waiting.delete(oldest);
    this.#lost += 1;
  }

  #disarm(): void {
    this.#soon?.();
    clearTimeout(this.#later);
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
