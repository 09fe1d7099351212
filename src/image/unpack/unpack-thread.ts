import { Worker } from "node:worker_threads";
import { Fault } from "#foundation";
import type { TreeResult } from "#host";
import { unpackerDied } from "../faults.ts";
import type { FromUnpacker, InheritTask, ToUnpacker, UnpackTask } from "./protocol.ts";

interface PendingJob {
  resolve(result: TreeResult | undefined): void;
  reject(error: Error): void;
}

/** Old: enough for the book-keeping of a layer of a million entries. Young: little, since a large one stays resident. */
const resourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 8 } as const;

/** One unpacking thread and the jobs it works on. */
export class UnpackThread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, PendingJob>();
  #lastJob = 0;
  #failure: unknown;
  #hasEnded = false;

  /** `onEnd` is called when the thread is gone, for whatever reason. */
  constructor(entry: URL, onEnd: (thread: UnpackThread) => void) {
    this.#worker = new Worker(entry, { name: "crisp-unpack", resourceLimits });
    this.#worker.on("message", (message: FromUnpacker) => this.#settle(message));
    this.#worker.on("error", (error) => {
      this.#failure = error;
    });
    this.#worker.on("exit", () => {
      this.#hasEnded = true;
      for (const job of this.#jobs.values()) job.reject(unpackerDied(this.#failure));
      this.#jobs.clear();
      onEnd(this);
    });
  }

  get load(): number {
    return this.#jobs.size;
  }

  /** Unpacks a layer; `onStart` is handed the way to tell how much of its blob has arrived. */
  async unpack(
    task: UnpackTask,
    onStart: (setReceived: (bytes: number) => void) => void,
    signal: AbortSignal,
  ): Promise<TreeResult> {
    const result = await this.#run(signal, (job) => {
      this.#post({ kind: "unpack", job, task });
      onStart((bytes) => this.#post({ kind: "received", job, bytes }));
    });
    if (result === undefined) throw new Fault("broken", "the unpacking thread gave no result");
    return result;
  }

  async inherit(task: InheritTask, signal: AbortSignal): Promise<void> {
    await this.#run(signal, (job) => this.#post({ kind: "inherit", job, task }));
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Resolves or rejects only when the thread has let go of the job, even after a cancel. */
  async #run(signal: AbortSignal, start: (job: number) => void): Promise<TreeResult | undefined> {
    signal.throwIfAborted();
    if (this.#hasEnded) throw unpackerDied(this.#failure);
    this.#lastJob += 1;
    const job = this.#lastJob;
    const cancel = (): void => this.#post({ kind: "cancel", job });
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise<TreeResult | undefined>((resolve, reject) => {
        this.#jobs.set(job, { resolve, reject });
        start(job);
      });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  #post(message: ToUnpacker): void {
    this.#worker.postMessage(message);
  }

  #settle(message: FromUnpacker): void {
    const job = this.#jobs.get(message.job);
    this.#jobs.delete(message.job);
    if (message.kind === "done") job?.resolve(message.result);
    else job?.reject(new Fault(message.fault.kind, message.fault.message, reasonOf(message)));
  }
}

function reasonOf({ fault }: Extract<FromUnpacker, { kind: "failed" }>): ConstructorParameters<typeof Fault>[2] {
  return fault.reason === undefined ? {} : { reason: fault.reason };
}
