import { abortReason } from "#foundation";

interface SharedAct<T> {
  readonly outcome: Promise<T>;
  readonly abort: AbortController;
  waiters: number;
}

/**
 * Acts that several callers wait for together.
 *
 * A caller that cancels leaves; the act is aborted when the last one has left,
 * and that one waits until the act has cleaned up after itself.
 */
export class SharedActs<T> {
  readonly #running = new Map<string, SharedAct<T>>();

  /** The outcome of the act under `key`, started here when none runs. */
  async join(key: string, start: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const act = this.#running.get(key) ?? this.#start(key, start);
    act.waiters += 1;
    try {
      if (signal === undefined) return await act.outcome;
      return await Promise.race([act.outcome, abortReason(signal)]);
    } catch (error) {
      if (signal?.aborted === true && act.waiters === 1) await this.#abandon(key, act, signal.reason);
      throw error;
    } finally {
      act.waiters -= 1;
    }
  }

  /** Aborts every act and waits until all have ended. */
  async abortAll(reason: unknown): Promise<void> {
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort(reason);
    await Promise.allSettled(running.map(({ outcome }) => outcome));
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>): SharedAct<T> {
    const abort = new AbortController();
    const outcome = start(abort.signal).finally(() => {
      if (this.#running.get(key) === act) this.#running.delete(key);
    });
    const act: SharedAct<T> = { outcome, abort, waiters: 0 };
    this.#running.set(key, act);
    return act;
  }

  /** Nobody may join an act that is being aborted: a newcomer starts its own. */
  async #abandon(key: string, act: SharedAct<T>, reason: unknown): Promise<void> {
    act.abort.abort(reason);
    if (this.#running.get(key) === act) this.#running.delete(key);
    await Promise.allSettled([act.outcome]);
  }
}
