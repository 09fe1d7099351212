import { isFault, type Logger, messageOf } from "#foundation";
import { encodeSpans } from "./otlp.ts";
import type { BatchSender } from "./send.ts";
import type { EndedSpan, SpanAttributes } from "./span.ts";

/** Spans wait so long for others to go with them. */
const lingerMs = 2_000;
const maxBatch = 512;
/** Beyond this, the oldest go: a collector that is away costs bounded memory. */
const maxWaiting = 4_096;
/** How long the last spans may take when the daemon stops. */
const lastSendMs = 3_000;

/**
 * Spans on their way to a collector.
 *
 * One that is away gets what it missed, as far as that is kept; the log says
 * once that it is away, and how much was lost when it is back.
 */
export class ExportQueue {
  readonly #sender: BatchSender;
  readonly #resource: SpanAttributes;
  readonly #logger: Logger;
  #waiting: EndedSpan[] = [];
  #lost = 0;
  #isAway = false;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(sender: BatchSender, resource: SpanAttributes, logger: Logger) {
    this.#sender = sender;
    this.#resource = resource;
    this.#logger = logger;
  }

  push(span: EndedSpan): void {
    this.#waiting.push(span);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    if (this.#waiting.length >= maxBatch && !this.#isAway) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), lingerMs).unref();
  }

  /** Sends what waits. Never rejects: what cannot be sent now is sent with what comes next. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Sends the last spans, in a short time or not at all. */
  async close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lastSendMs);
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    clearTimeout(this.#timer);
    this.#sender.close();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatch);
      try {
        await this.#sender.send(encodeSpans(batch, this.#resource));
        this.#succeeded();
      } catch (error) {
        this.#failed(batch, error);
        return;
      }
    }
  }

  #succeeded(): void {
    if (this.#isAway) this.#logger.info("traces are sent again", { lost: this.#lost });
    this.#isAway = false;
    this.#lost = 0;
  }

  #failed(batch: readonly EndedSpan[], error: unknown): void {
    if (!this.#isAway) this.#logger.warn("traces cannot be sent", { error: messageOf(error) });
    this.#isAway = true;
    const room = isFault(error, "unavailable") ? maxWaiting - this.#waiting.length : 0;
    const kept = room > 0 ? batch.slice(-room) : [];
    this.#lost += batch.length - kept.length;
    this.#waiting = [...kept, ...this.#waiting];
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.flush(), lingerMs).unref();
  }
}
