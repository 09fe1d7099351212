/**
 * Many sharers at once, or one exclusive holder.
 *
 * Invariants: no sharer runs while an exclusive holder does; sharers that come
 * after an exclusive holder began to wait run after it, so that it gets its turn.
 */
export class SharedLock {
  readonly #sharers = new Set<Promise<unknown>>();
  #lastExclusive: Promise<void> | undefined;

  /** Runs `work` beside other sharers. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#lastExclusive !== undefined) await this.#lastExclusive;
    const running = work();
    this.#sharers.add(running);
    try {
      return await running;
    } finally {
      this.#sharers.delete(running);
    }
  }

  /** Runs `work` alone. Rejects with the signal's reason when it aborts before the others have ended. */
  async exclusive<T>(work: () => Promise<T>, entry: AbortSignal): Promise<T> {
    const before = this.#lastExclusive;
    const end = this.#queueExclusive(before);
    try {
      await untilAborted(entry, () => this.#settled(before));
      return await work();
    } finally {
      end();
    }
  }

  /** Holds back new sharers until the returned function is called and earlier exclusive holders have ended. */
  #queueExclusive(before: Promise<void> | undefined): () => void {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const tail: Promise<void> = Promise.all([before, ended]).then(() => {
      if (this.#lastExclusive === tail) this.#lastExclusive = undefined;
    });
    this.#lastExclusive = tail;
    return end;
  }

  async #settled(before: Promise<void> | undefined): Promise<void> {
    await before;
    await Promise.allSettled(this.#sharers);
  }
}

async function untilAborted(signal: AbortSignal, wait: () => Promise<void>): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await Promise.race([wait(), aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
