import { Fault } from "./fault.ts";

/**
 * Acts that whoever asked for them may have given up on: the end of the daemon
 * lets them come to theirs.
 *
 * Invariant: once it closes, nothing begins any more.
 */
export class InFlight {
  readonly #running = new Map<Promise<unknown>, string>();
  #isClosed = false;

  /** @throws Fault `unavailable` without having begun, once it closes */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Fault("unavailable", `${name}: the daemon stops`);
    const running = work();
    this.#running.set(running, name);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Begins nothing any more, and waits for what runs, but not longer than this; the names of what still does. */
  async close(budgetMs: number): Promise<readonly string[]> {
    this.#isClosed = true;
    const { promise: tooLong, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, budgetMs);
    await Promise.race([Promise.allSettled(this.#running.keys()), tooLong]);
    clearTimeout(timer);
    return [...this.#running.values()];
  }
}
