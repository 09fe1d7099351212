import type { TreeResult } from "#host";
import type { InheritTask, UnpackTask } from "./protocol.ts";
import { UnpackThread } from "./unpack-thread.ts";

export interface UnpackPoolOptions {
  readonly entry: URL;
  readonly maxThreads: number;
  readonly idleMs: number;
}

/**
 * Threads that unpack layers: started when there is work, ended when there has
 * been none for a while, since each takes megabytes of the daemon.
 *
 * A thread works on several layers at once, as their bytes arrive, so a slow
 * download holds up nobody else.
 */
export class UnpackPool {
  readonly #options: UnpackPoolOptions;
  readonly #threads = new Set<UnpackThread>();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: UnpackPoolOptions) {
    this.#options = options;
  }

  /** Starts a first thread while there is still something to wait for. */
  warm(): void {
    if (this.#threads.size === 0) this.#start();
    this.#restartIdleTimer();
  }

  unpack(
    task: UnpackTask,
    onStart: (setReceived: (bytes: number) => void) => void,
    signal: AbortSignal,
  ): Promise<TreeResult> {
    return this.#use((thread) => thread.unpack(task, onStart, signal));
  }

  inherit(task: InheritTask, signal: AbortSignal): Promise<void> {
    return this.#use((thread) => thread.inherit(task, signal));
  }

  /** Ends all threads; jobs still running fail. */
  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const threads = [...this.#threads];
    // A thread that is ending gets no more work.
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.close()));
  }

  async #use<T>(work: (thread: UnpackThread) => Promise<T>): Promise<T> {
    clearTimeout(this.#idleTimer);
    try {
      return await work(this.#pick());
    } finally {
      this.#restartIdleTimer();
    }
  }

  /** The least loaded thread; a new one when all have work and there may be more. */
  #pick(): UnpackThread {
    const [least] = [...this.#threads].toSorted((a, b) => a.load - b.load);
    if (least === undefined) return this.#start();
    return least.load > 0 && this.#threads.size < this.#options.maxThreads ? this.#start() : least;
  }

  #start(): UnpackThread {
    const thread = new UnpackThread(this.#options.entry, (ended) => this.#threads.delete(ended));
    this.#threads.add(thread);
    return thread;
  }

  #restartIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    if ([...this.#threads].some(({ load }) => load > 0)) return;
    this.#idleTimer = setTimeout(() => void this.close(), this.#options.idleMs);
    this.#idleTimer.unref();
  }
}
