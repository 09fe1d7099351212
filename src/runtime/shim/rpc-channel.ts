/** One method of a shim's services. */
export interface RpcMethod {
  /** With its package: "containerd.task.v2.Task". */
  readonly service: string;
  readonly method: string;
}

export interface RpcOptions {
  /** Ends the wait for the answer. */
  readonly signal?: AbortSignal;
  /** Time that the shim is told it has; absent: as long as it takes. */
  readonly timeoutMs?: number;
}

/** A connection to a shim, whatever protocol it speaks: bytes of a message out, bytes of a message back. */
export interface RpcChannel {
  /** @throws Fault of the kind that the shim's status means; `unavailable` when the connection is gone */
  call(method: RpcMethod, message: Uint8Array, options: RpcOptions): Promise<Uint8Array>;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  close(): void;
}
