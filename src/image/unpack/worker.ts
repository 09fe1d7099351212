/** An unpacking thread: works on the jobs it is told, several at a time, and answers each once. */
import { parentPort } from "node:worker_threads";
import { Fault } from "#foundation";
import { inheritAttributes, lowerThreadPriority, type TreeResult } from "#host";
import { BlobSource } from "./blob-source.ts";
import type { FaultMessage, FromUnpacker, ToUnpacker, UnpackTask } from "./protocol.ts";
import { unpackLayer } from "./unpack-layer.ts";

interface Job {
  readonly source: BlobSource;
  readonly abort: AbortController;
}

class Unpacker {
  readonly #jobs = new Map<number, Job>();
  readonly #answer: (message: FromUnpacker) => void;

  constructor(answer: (message: FromUnpacker) => void) {
    this.#answer = answer;
  }

  async take(message: ToUnpacker): Promise<void> {
    const { job } = message;
    switch (message.kind) {
      case "unpack":
        return this.#run(job, () => this.#unpack(job, message.task));
      case "inherit": {
        const { directory, impliedDirectories, lowers } = message.task;
        return this.#run(job, async () => inheritAttributes(directory, impliedDirectories, lowers));
      }
      case "received":
        return this.#jobs.get(job)?.source.setReceived(message.bytes);
      case "cancel":
        return this.#jobs.get(job)?.abort.abort(new Fault("canceled", "unpacking was canceled"));
    }
  }

  async #unpack(job: number, task: UnpackTask): Promise<TreeResult> {
    const source = new BlobSource(task.blobPath, task.blobBytes);
    const abort = new AbortController();
    this.#jobs.set(job, { source, abort });
    try {
      return await unpackLayer(task, source, abort.signal);
    } finally {
      this.#jobs.delete(job);
      source.close();
    }
  }

  async #run(job: number, work: () => Promise<TreeResult | void>): Promise<void> {
    try {
      const result = await work();
      this.#answer({ kind: "done", job, result: result ?? undefined });
    } catch (error) {
      this.#answer({ kind: "failed", job, fault: toMessage(error) });
    }
  }
}

function toMessage(error: unknown): FaultMessage {
  const { kind, message, reason } = Fault.from(error);
  return { kind, message, reason };
}

const port = parentPort;
if (port !== null) {
  lowerThreadPriority();
  const unpacker = new Unpacker((message) => port.postMessage(message));
  port.on("message", (message: ToUnpacker) => void unpacker.take(message));
}
