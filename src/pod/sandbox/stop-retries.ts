import { type Logger, messageOf, type SandboxId } from "#foundation";

/** Pause before the first repetition; it doubles. */
const firstPauseMs = 1_000;
/** Longest pause: what was mended on the machine is noticed after this. */
const longestPauseMs = 300_000;

export interface StopRetriesDeps {
  /** Stops the sandbox as a call would. @throws when something of it is still left */
  readonly stop: (id: SandboxId) => Promise<void>;
  readonly logger: Logger;
}

interface Waiting {
  readonly pauseMs: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Repeats stops of sandboxes that failed, further and further apart, until
 * nothing of them is left: whoever asked may never ask again, and meanwhile an
 * address is taken or a mount held.
 */
export class StopRetries {
  readonly #deps: StopRetriesDeps;
  readonly #waiting = new Map<SandboxId, Waiting>();
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: StopRetriesDeps) {
    this.#deps = deps;
  }

  /** Notes that a stop failed: it will be repeated. */
  failed(id: SandboxId): void {
    if (this.#isClosed) return;
    const before = this.#waiting.get(id);
    clearTimeout(before?.timer);
    const pauseMs = before === undefined ? firstPauseMs : Math.min(before.pauseMs * 2, longestPauseMs);
    this.#waiting.set(id, { pauseMs, timer: setTimeout(() => this.#begin(id), pauseMs).unref() });
  }

  /** Notes that a sandbox is stopped, whoever did it. */
  succeeded(id: SandboxId): void {
    clearTimeout(this.#waiting.get(id)?.timer);
    this.#waiting.delete(id);
  }

  /** Repeats nothing any more, and waits for the repetition that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    await Promise.all(this.#running);
  }

  #begin(id: SandboxId): void {
    const retry = this.#retry(id).finally(() => this.#running.delete(retry));
    this.#running.add(retry);
  }

  async #retry(id: SandboxId): Promise<void> {
    try {
      await this.#deps.stop(id);
      this.#deps.logger.info("sandbox stopped after all", { sandboxId: id });
    } catch (error) {
      // The stop has noted its failure itself: the next one is on its way.
      this.#deps.logger.warn("sandbox cannot be stopped yet", { sandboxId: id, error: messageOf(error) });
    }
  }
}
