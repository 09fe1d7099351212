import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Fault } from "#foundation";
import { type Call, runCall, type ServedMethod } from "./call.ts";
import { statusOf } from "./status.ts";

/** Answers a call with one message. */
export type Handler<Request, Response> = (request: Request, call: Call) => Promise<Response> | Response;

/** Makes a gRPC method of a handler: logs the call, follows the client's cancellation, and turns faults into statuses. */
export function unaryCall<Request, Response>(
  method: ServedMethod,
  handler: Handler<Request, Response>,
): handleUnaryCall<Request, Response> {
  return (call, reply) => {
    void runCall(method, call.metadata, () => answer(handler, call, reply));
  };
}

async function answer<Request, Response>(
  handler: Handler<Request, Response>,
  call: ServerUnaryCall<Request, Response>,
  reply: sendUnaryData<Response>,
): Promise<Fault | undefined> {
  const abort = new AbortController();
  const onCancelled = (): void => abort.abort(new Fault("canceled", "the client gave up"));
  call.once("cancelled", onCancelled);
  try {
    reply(null, await handler(call.request, { signal: abort.signal }));
    return undefined;
  } catch (error) {
    const failure = Fault.from(error);
    reply(statusOf(failure));
    return failure;
  } finally {
    call.removeListener("cancelled", onCancelled);
  }
}
