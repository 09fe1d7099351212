import { Fault } from "#foundation";

const fellBehindCode = "streaming.fell-behind";

/** When a request for a URL cannot be meant. */
export function badRequest(act: string, problem: string): Fault {
  return new Fault("invalid", `${act}: ${problem}`, { reason: { code: "streaming.bad-request", problem } });
}

/** When so many URLs wait for their clients that no more are given out. */
export function tooManyTokens(count: number): Fault {
  return new Fault("exhausted", `${count} streaming URLs wait for their clients already; try again in a minute`, {
    reason: { code: "streaming.too-many-tokens", count },
  });
}

/** When a client has not opened the streams of its session in time. */
export function streamsMissing(missing: readonly string[], timeoutMs: number): Fault {
  return new Fault("timed-out", `the client has not opened its streams (${missing.join(", ")}) in ${timeoutMs} ms`, {
    reason: { code: "streaming.streams-missing", missing, timeoutMs },
  });
}

/** When an attached client reads so much slower than the container writes that it is let go. */
export function fellBehind(backlogBytes: number): Fault {
  return new Fault("exhausted", `the attached client is more than ${backlogBytes} bytes behind the container`, {
    reason: { code: fellBehindCode, backlogBytes },
  });
}

/** When the client is no longer there; one that was let go for falling behind keeps that reason. */
export function clientGone(cause?: unknown): Fault {
  if (cause instanceof Fault && cause.reason?.code === fellBehindCode) return cause;
  return new Fault("canceled", "the client has gone", {
    reason: { code: "streaming.client-gone" },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** When the server cannot begin to listen, or its certificate cannot be used. */
export function cannotServe(act: string, cause: unknown): Fault {
  return Fault.within(`streaming server: ${act}`, cause);
}
