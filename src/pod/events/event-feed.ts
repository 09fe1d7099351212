import { Fault } from "#foundation";
import type { PodEvent } from "./types.ts";

/** Events that a reader may be behind; more than a full node makes in a drain. */
const mostWaiting = 1_024;

/**
 * Hands each event to every reader, in order.
 *
 * Without readers nothing is kept. A reader that falls too far behind loses
 * its stream, not single events: it knows then that it must look anew.
 */
export class EventFeed {
  readonly #readers = new Set<Reader>();

  get hasReaders(): boolean {
    return this.#readers.size > 0;
  }

  publish(event: PodEvent): void {
    for (const reader of this.#readers) if (!reader.offer(event)) this.#readers.delete(reader);
  }

  /**
   * The events from now on, until the signal aborts.
   *
   * @throws Fault `exhausted` out of the iteration, when the reader is too slow
   */
  watch(signal: AbortSignal): AsyncIterable<PodEvent> {
    const reader = new Reader();
    if (signal.aborted) reader.end();
    else this.#readers.add(reader);
    const onAbort = (): void => {
      this.#readers.delete(reader);
      reader.end();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return reader.events();
  }
}

/** One reader's events between publishing and reading. */
class Reader {
  #waiting: PodEvent[] = [];
  #isOver = false;
  #hasFailed = false;
  #wake: () => void = () => undefined;

  /** False when it has fallen too far behind. */
  offer(event: PodEvent): boolean {
    if (this.#waiting.length >= mostWaiting) {
      this.#hasFailed = true;
      this.end();
      return false;
    }
    this.#waiting.push(event);
    this.#wake();
    return true;
  }

  end(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#wake();
  }

  async *events(): AsyncGenerator<PodEvent> {
    while (!this.#isOver) {
      const ready = this.#waiting;
      this.#waiting = [];
      yield* ready;
      if (this.#waiting.length === 0 && !this.#isOver) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    if (this.#hasFailed) {
      throw new Fault("exhausted", `container events: the reader was more than ${mostWaiting} events behind`, {
        reason: { code: "pod.event-reader-slow", limit: mostWaiting },
      });
    }
  }
}
