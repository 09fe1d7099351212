import { Fault } from "#foundation";
import type { EventLog, JournalEvent } from "#store";

/** Events that are read, and held for one reader, at a time. */
const pageSize = 32;

/**
 * Events as every reader reads them on from the journal, at its own pace and by
 * its own place: what a reader that does not read costs is its place.
 */
export class EventFeed {
  readonly #log: Pick<EventLog, "after">;
  #wakes = new Set<() => void>();

  constructor(log: Pick<EventLog, "after">) {
    this.#log = log;
  }

  /** Tells the readers that wait that there is more to read. */
  wake(): void {
    const waiting = this.#wakes;
    this.#wakes = new Set();
    for (const wake of waiting) wake();
  }

  /**
   * The events after a sequence, then those to come, until the signal aborts, or the event of the sequence `last` was read.
   *
   * @throws Fault `exhausted` out of the iteration, when the journal has dropped what comes next
   */
  async *read(
    after: number,
    signal: AbortSignal,
    last: number = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<JournalEvent> {
    let at = after;
    while (!signal.aborted && at < last) {
      const page = this.#log.after(at, pageSize);
      // What cannot be written yet will not be waited for by somebody who wants an end.
      if (page.length === 0 && last !== Number.POSITIVE_INFINITY) return;
      if (page.length === 0) await this.#more(signal);
      for (const event of page) {
        if (event.sequence !== at + 1) throw eventsDropped(at, event.sequence);
        at = event.sequence;
        yield event;
        if (signal.aborted || at >= last) return;
      }
    }
  }

  async #more(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const giveUp = (): void => resolve();
    signal.addEventListener("abort", giveUp, { once: true });
    this.#wakes.add(resolve);
    await promise;
    this.#wakes.delete(resolve);
    signal.removeEventListener("abort", giveUp);
  }
}

function eventsDropped(last: number, next: number): Fault {
  return new Fault("exhausted", `container events: ${next - last - 1} were dropped before they were read`, {
    reason: { code: "pod.events-dropped", last, next },
  });
}
