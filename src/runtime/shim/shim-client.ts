import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { deadline, isFault } from "#foundation";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { faultOfCall, shimFailed, shimSilent } from "./faults.ts";
import type { RpcChannel } from "./rpc-channel.ts";

export interface ShimCallOptions {
  readonly signal?: AbortSignal;
  /** "none" for a call that waits for something to happen. */
  readonly timeoutMs: number | "none";
}

/** The typed calls of one shim. */
export class ShimClient {
  readonly #channel: RpcChannel;
  readonly #version: 2 | 3;

  constructor(channel: RpcChannel, version: 2 | 3) {
    this.#channel = channel;
    this.#version = version;
  }

  /** Resolves when the connection is over. */
  get closed(): Promise<void> {
    return this.#channel.closed;
  }

  close(): void {
    this.#channel.close();
  }

  /**
   * Calls a method of the task or the sandbox service.
   *
   * @throws Fault of the kind that the shim's status means; `unavailable` when the connection is gone, `timed-out` at the deadline; each names the method
   */
  async call<Method extends DescMethod>(
    method: Method,
    request: MessageInitShape<Method["input"]>,
    options: ShimCallOptions,
  ): Promise<MessageShape<Method["output"]>> {
    const input: Method["input"] = method.input;
    const output: Method["output"] = method.output;
    const answer = await this.#ask(method, toBinary(input, create(input, request)), options);
    try {
      return fromBinary(output, answer, { readUnknownFields: false });
    } catch (error) {
      throw shimFailed(`the shim's ${method.name}`, "its answer is no message", error);
    }
  }

  async #ask(method: DescMethod, question: Uint8Array, { signal, timeoutMs }: ShimCallOptions): Promise<Uint8Array> {
    const limit = timeoutMs === "none" ? signal : deadline(timeoutMs, signal);
    try {
      return await this.#channel.call({ service: this.#serviceOf(method), method: method.name }, question, {
        ...(limit === undefined ? {} : { signal: limit }),
        ...(timeoutMs === "none" ? {} : { timeoutMs }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      // A shim that is told its deadline may be the first to say that it has passed.
      const isLate = limit?.aborted === true || isFault(error, "timed-out");
      throw timeoutMs !== "none" && isLate ? shimSilent(method.name, timeoutMs) : faultOfCall(method.name, error);
    }
  }

  /** Both versions of the task service have the same messages. */
  #serviceOf({ parent }: DescMethod): string {
    return parent.typeName === Task.typeName ? `containerd.task.v${this.#version}.Task` : parent.typeName;
  }
}
