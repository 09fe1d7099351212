import { once } from "node:events";
import type { handleServerStreamingCall, ServerWritableStream } from "@grpc/grpc-js";
import { Fault } from "#foundation";
import { type Call, runCall, type ServedMethod } from "./call.ts";
import { statusOf } from "./status.ts";

/** Answers a call with a stream: what it yields is sent as fast as the client reads. */
export type StreamHandler<Request, Response> = (
  request: Request,
  call: Call,
) => AsyncIterable<Response> | Iterable<Response>;

/** As `unaryCall`, for an RPC that answers with a stream; it ends, as failed, when the server begins to close. */
export function streamCall<Request, Response>(
  method: ServedMethod,
  handler: StreamHandler<Request, Response>,
  closing: AbortSignal,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    void runCall(method, call.metadata, () => answer(handler, call, closing));
  };
}

async function answer<Request, Response>(
  handler: StreamHandler<Request, Response>,
  call: ServerWritableStream<Request, Response>,
  closing: AbortSignal,
): Promise<Fault | undefined> {
  const gone = new AbortController();
  call.once("cancelled", () => gone.abort(new Fault("canceled", "the client gave up")));
  const signal = AbortSignal.any([gone.signal, closing]);
  try {
    for await (const response of handler(call.request, { signal })) {
      if (!call.write(response)) await once(call, "drain", { signal });
    }
    // A stream that is meant to have no end was cut: the client must not take it for whole.
    if (closing.aborted) throw closing.reason;
    call.end();
    return undefined;
  } catch (error) {
    // A client that leaves a stream does what every reader of events does at its end: no failure.
    if (gone.signal.aborted) return undefined;
    const failure = Fault.from(closing.aborted ? closing.reason : error);
    call.emit("error", statusOf(failure));
    return failure;
  }
}
