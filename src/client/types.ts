import type { DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";

/** What one call may set for itself. */
export interface CallOptions {
  /** Cancels the call; the server is told. */
  readonly signal?: AbortSignal;
  /** Deadline of this call, told to the server; 0: none. @default the client's `timeoutMs`; none for streams */
  readonly timeoutMs?: number;
}

/** A call with one answer; rejects with a Fault. */
export type UnaryCall<Method extends DescMethod> = (
  request: MessageInitShape<Method["input"]>,
  options?: CallOptions,
) => Promise<MessageShape<Method["output"]>>;

/** A call whose answer stays encoded; rejects with a Fault. */
export type EncodedCall<Method extends DescMethod> = (
  request: MessageInitShape<Method["input"]>,
  options?: CallOptions,
) => Promise<Uint8Array>;

/** A call with a stream of answers. Leaving the loop cancels the call; a failure is thrown as a Fault. */
export type StreamCall<Method extends DescMethod> = (
  request: MessageInitShape<Method["input"]>,
  options?: CallOptions,
) => AsyncIterable<MessageShape<Method["output"]>>;

/** A method for every RPC of a service, by its name in code: `runPodSandbox`. CRI has no client streams. */
export type ServiceClient<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Service["method"][Name] extends {
    readonly methodKind: "server_streaming";
  }
    ? StreamCall<Service["method"][Name]>
    : UnaryCall<Service["method"][Name]>;
};

/** The same for RPCs of one answer, which stays encoded. */
export type EncodedServiceClient<Service extends DescService> = {
  readonly [Name in keyof Service["method"] as Service["method"][Name] extends { readonly methodKind: "unary" }
    ? Name
    : never]: EncodedCall<Service["method"][Name]>;
};

/** One finished call, for debug output and measurements. */
export interface CallRecord {
  /** As CRI names it: `RunPodSandbox`. */
  readonly method: string;
  readonly durationMs: number;
  /** How it failed; undefined when it succeeded. */
  readonly error: Error | undefined;
}
