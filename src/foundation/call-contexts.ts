import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";

/** What everything that happens inside of one call has in common. */
export interface CallContext {
  /** Stands on every log line of the call. */
  readonly requestId: string;
}

interface RunningCall {
  readonly context: CallContext;
  isOver: boolean;
}

/**
 * The calls that run now, each found from within through every `await`.
 *
 * What a call has set going and what goes on after its end (the watch over a
 * container that it started, a timer) is no part of it any more.
 */
export class CallContexts {
  readonly #running = new AsyncLocalStorage<RunningCall>();

  /** The call that runs now; undefined outside of any. */
  current(): CallContext | undefined {
    const call = this.#running.getStore();
    return call?.isOver === false ? call.context : undefined;
  }

  /** Runs the work of one call. */
  async run<T>(work: (context: CallContext) => Promise<T>): Promise<T> {
    const call: RunningCall = { context: { requestId: randomBytes(8).toString("hex") }, isOver: false };
    try {
      return await this.#running.run(call, () => work(call.context));
    } finally {
      call.isOver = true;
    }
  }
}
