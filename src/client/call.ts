import { create, type DescMethod, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { ServiceError, CallOptions as WireCallOptions } from "@grpc/grpc-js";
import { faultOfAbort } from "#foundation";
import { type GrpcMethod, toGrpcMethod } from "#spec";
import { type Channel, faultOfCall } from "./channel.ts";
import type { CallOptions, CallRecord, EncodedCall, StreamCall, UnaryCall } from "./types.ts";

/** What every call of a client shares. */
export interface CallContext {
  readonly channel: Channel;
  /** Deadline of a unary call that sets none; 0: none. */
  readonly timeoutMs: number;
  /** Told of every call that ended. */
  readonly onCall: ((record: CallRecord) => void) | undefined;
}

/** Binds a unary RPC to a connection. */
export function createUnaryCall<Method extends DescMethod>(context: CallContext, method: Method): UnaryCall<Method> {
  return bindUnary(context, method, toGrpcMethod(method));
}

/** The same, and its answer stays as it came: what the call takes is then the server's, and not this side's decoding. */
export function createEncodedCall<Method extends DescMethod>(
  context: CallContext,
  method: Method,
): EncodedCall<Method> {
  return bindUnary(context, method, { ...toGrpcMethod(method), responseDeserialize: (bytes) => bytes });
}

function bindUnary<Method extends DescMethod, Answer>(
  context: CallContext,
  method: Method,
  rpc: UnaryRpc<Method, Answer>,
): (request: MessageInitShape<Method["input"]>, options?: CallOptions) => Promise<Answer> {
  const input: Method["input"] = method.input;
  return async (request, options = {}) => {
    const call = beginCall(context, method.name, { timeoutMs: context.timeoutMs, ...options });
    try {
      const answer = await sendUnary(call, rpc, create(input, request));
      call.end(undefined);
      return answer;
    } catch (error) {
      throw await call.fail(error as ServiceError);
    }
  };
}

/** Binds a server-streaming RPC to a connection; it has no deadline unless the call sets one. */
export function createStreamCall<Method extends DescMethod>(context: CallContext, method: Method): StreamCall<Method> {
  const input: Method["input"] = method.input;
  const rpc = toGrpcMethod(method);
  return async function* (request: MessageInitShape<Method["input"]>, options: CallOptions = {}) {
    const call = beginCall(context, method.name, { timeoutMs: 0, ...options });
    try {
      yield* receiveStream(call, rpc, create(input, request));
      call.end(undefined);
    } catch (error) {
      throw await call.fail(error as ServiceError);
    }
  };
}

/** A call that has begun: its clock runs. */
interface ActiveCall {
  readonly channel: Channel;
  readonly signal: AbortSignal | undefined;
  readonly wireOptions: WireCallOptions;
  end(error: Error | undefined): void;
  /** Ends it as failed and says why. */
  fail(error: ServiceError): Promise<Error>;
}

function beginCall(context: CallContext, method: string, options: CallOptions & { timeoutMs: number }): ActiveCall {
  const { channel, onCall } = context;
  const { signal, timeoutMs } = options;
  if (signal?.aborted === true) throw faultOfAbort(method, signal);
  const startedAt = performance.now();
  const end = (error: Error | undefined): void =>
    onCall?.({ method, durationMs: performance.now() - startedAt, error });
  return {
    channel,
    signal,
    wireOptions: timeoutMs > 0 ? { deadline: Date.now() + timeoutMs } : {},
    end,
    async fail(error) {
      const elapsedMs = performance.now() - startedAt;
      const fault = await faultOfCall(channel, { method, error, signal, timeoutMs, elapsedMs });
      end(fault);
      return fault;
    },
  };
}

/** A unary RPC, whatever its answers are decoded to. */
type UnaryRpc<Method extends DescMethod, Answer> = Pick<GrpcMethod<Method>, "path" | "requestSerialize"> & {
  readonly responseDeserialize: (bytes: Uint8Array) => Answer;
};

function sendUnary<Method extends DescMethod, Answer>(
  { channel, signal, wireOptions }: ActiveCall,
  rpc: UnaryRpc<Method, Answer>,
  request: MessageShape<Method["input"]>,
): Promise<Answer> {
  const { path, requestSerialize, responseDeserialize } = rpc;
  return new Promise((resolve, reject) => {
    const call = channel.grpc.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      wireOptions,
      (error, answer) => {
        signal?.removeEventListener("abort", cancel);
        if (error !== null) reject(error);
        else resolve(answer as Answer);
      },
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  });
}

async function* receiveStream<Method extends DescMethod>(
  { channel, signal, wireOptions }: ActiveCall,
  rpc: GrpcMethod<Method>,
  request: MessageShape<Method["input"]>,
): AsyncGenerator<MessageShape<Method["output"]>> {
  const { path, requestSerialize, responseDeserialize } = rpc;
  const stream = channel.grpc.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    wireOptions,
  );
  const cancel = (): void => stream.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for await (const answer of stream) yield answer as MessageShape<Method["output"]>;
  } finally {
    signal?.removeEventListener("abort", cancel);
    stream.cancel();
  }
}
