import type { Metadata } from "@grpc/grpc-js";
import type { CallContext, CallContexts, Fault, Logger, LogLevel } from "#foundation";

/** What a handler may know about its call besides the request. */
export interface Call {
  /** Aborts when the client cancels or its deadline passes. */
  readonly signal: AbortSignal;
}

/** A call as those who observe calls know it. */
export interface ObservedCall {
  /** Full name: `runtime.v1.RuntimeService`. */
  readonly service: string;
  /** As the service has it: `RunPodSandbox`. */
  readonly method: string;
  readonly context: CallContext;
  /** A header that the client sent; bytes where its name ends in `-bin`. */
  header(name: string): string | Buffer | undefined;
}

/**
 * Told of every call: metrics, traces.
 *
 * It is called inside the call's own turn of the event loop: it must be quick and must not throw.
 */
export interface CallObserver {
  /** A call begins; what is given back is told of its end, and of the failure where there was one. */
  began(call: ObservedCall): (failure: Fault | undefined) => void;
}

/** Who is told of calls, and where their contexts are kept. */
export interface CallWatch {
  readonly logger: Logger;
  readonly contexts: CallContexts;
  readonly observers: readonly CallObserver[];
}

/** An RPC as its calls are logged and observed. */
export interface ServedMethod extends CallWatch {
  readonly service: string;
  /** As the service has it: `RunPodSandbox`. */
  readonly method: string;
  /** By its name in code: `runPodSandbox`. */
  readonly name: string;
  /** Level of a call that succeeded; one that failed is a warning. */
  readonly level: LogLevel;
}

/**
 * Runs one call from its beginning to its end: the one place that sees every call, and logs the failed ones.
 *
 * @param answer gives the call its answer, and back what it failed with
 */
export function runCall(
  served: ServedMethod,
  metadata: Metadata,
  answer: () => Promise<Fault | undefined>,
): Promise<void> {
  const { name, level, logger, contexts, observers, service, method } = served;
  return contexts.run(async (context) => {
    const startedAt = performance.now();
    const call = { service, method, context, header: (key: string) => metadata.get(key)[0] };
    const ends = observers.map((observer) => observer.began(call));
    const failure = await answer();
    for (const end of ends) end(failure);
    const facts = { method: name, durationMs: Math.round((performance.now() - startedAt) * 10) / 10 };
    if (failure === undefined) logger[level]("call answered", facts);
    else logger.warn("call failed", { ...facts, kind: failure.kind, error: failure.message });
  });
}
