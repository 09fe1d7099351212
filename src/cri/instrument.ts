import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Fault, type Logger, type LogLevel } from "#foundation";
import { statusOf } from "./status.ts";

/** What a handler may know about its call besides the request. */
export interface Call {
  /** Aborts when the client cancels or its deadline passes. */
  readonly signal: AbortSignal;
}

export type Handler<Request, Response> = (request: Request, call: Call) => Promise<Response> | Response;

/** RPCs that kubelet polls: logged at trace, so that debug stays readable. */
const polled: ReadonlySet<string> = new Set([
  "version",
  "status",
  "listPodSandbox",
  "listContainers",
  "podSandboxStatus",
  "containerStatus",
  "listImages",
  "imageStatus",
  "imageFsInfo",
  "listContainerStats",
  "listPodSandboxStats",
  "streamPodSandboxes",
  "streamContainers",
  "streamContainerStats",
  "streamPodSandboxStats",
  "listPodSandboxMetrics",
  "streamPodSandboxMetrics",
  "streamImages",
]);

/**
 * Makes a gRPC method of a handler: logs the call, follows the client's
 * cancellation, and turns faults into statuses. The one place that logs a
 * failed call.
 */
export function instrument<Request, Response>(
  method: string,
  handler: Handler<Request, Response>,
  logger: Logger,
): handleUnaryCall<Request, Response> {
  return (call, reply) => {
    const logEnd = beginCall(method, logger);
    void answer(handler, call, reply).then(logEnd);
  };
}

/** Starts the clock of a call; what it gives back logs the call's end. */
export function beginCall(method: string, logger: Logger): (failure: Fault | undefined) => void {
  const level: LogLevel = polled.has(method) ? "trace" : "debug";
  const startedAt = performance.now();
  return (failure) => {
    const facts = { method, durationMs: Math.round((performance.now() - startedAt) * 10) / 10 };
    if (failure === undefined) logger[level]("call answered", facts);
    else logger.warn("call failed", { ...facts, kind: failure.kind, error: failure.message });
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
