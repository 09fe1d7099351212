import type { Fault, Logger, LogLevel } from "#foundation";

/** What a handler may know about its call besides the request. */
export interface Call {
  /** Aborts when the client cancels or its deadline passes. */
  readonly signal: AbortSignal;
}

/** An RPC as its calls are logged. */
export interface ServedMethod {
  /** By its name in code: `runPodSandbox`. */
  readonly name: string;
  /** Level of a call that succeeded; one that failed is a warning. */
  readonly level: LogLevel;
  readonly logger: Logger;
}

/** Starts the clock of a call; what it gives back logs the call's end: the one place where a failed call is logged. */
export function beginCall({ name, level, logger }: ServedMethod): (failure: Fault | undefined) => void {
  const startedAt = performance.now();
  return (failure) => {
    const facts = { method: name, durationMs: Math.round((performance.now() - startedAt) * 10) / 10 };
    if (failure === undefined) logger[level]("call answered", facts);
    else logger.warn("call failed", { ...facts, kind: failure.kind, error: failure.message });
  };
}
