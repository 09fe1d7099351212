/**
 * Acts that a second caller joins instead of repeating.
 *
 * kubelet repeats a request after its own deadline while the first one still
 * runs: the repeat gets the outcome of the first.
 */
export class Joinable<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** Whether an act of this key runs now. */
  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** The outcome of the act that runs under `key`, started here when none does. */
  join(key: string, act: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = act().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  /** Waits until every act that runs now has ended, whatever its outcome. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}
