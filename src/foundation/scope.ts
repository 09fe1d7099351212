import { Fault } from "./fault.ts";
import type { Logger } from "./logger.ts";

interface Closer {
  readonly name: string;
  close(): Promise<void> | void;
}

/**
 * Owns what lives as long as the daemon (listeners, watches, loops) and closes
 * it newest first. Containers outlive the daemon and are never owned by one.
 */
export class Scope {
  readonly #closers: Closer[] = [];
  readonly #abort = new AbortController();
  readonly #logger: Logger;
  #closing: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Aborts when the scope begins to close. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Registers something to close with the scope.
   *
   * @throws Fault `wrong-state` on a closed scope, after closing the newcomer
   */
  defer(name: string, close: () => Promise<void> | void): void {
    if (this.#closing === undefined) {
      this.#closers.push({ name, close });
      return;
    }
    this.#closeLate(name, close);
    throw new Fault("wrong-state", `open ${name}: the scope is closed`);
  }

  /** Owns a background task: it must end on `signal`, its failure is logged, its end awaited at close. Ending by the signal's reason is no failure. */
  spawn(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const running = task(this.signal).catch((error: unknown) => {
      if (error !== this.signal.reason) this.#logger.error("background task failed", { task: name, error });
    });
    this.defer(name, () => running);
  }

  /** Closes everything, newest first. Idempotent: later calls wait for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  #closeLate(name: string, close: () => Promise<void> | void): void {
    void Promise.resolve()
      .then(close)
      .catch((error: unknown) => this.#logger.warn("late close failed", { name, error }));
  }

  async #closeAll(): Promise<void> {
    this.#abort.abort(new Fault("canceled", "shutting down"));
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        this.#logger.warn("close failed", { name: closer.name, error });
      }
    }
  }
}
