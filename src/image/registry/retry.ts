import { setTimeout as pause } from "node:timers/promises";
import { errnoOfNetwork } from "./network-error.ts";
import type { HttpAnswer } from "./transport.ts";

export interface RetryPolicy {
  readonly maxRetries: number;
  /** First pause; it doubles. */
  readonly delayMs: number;
}

/** The longest pause that a server may ask for; one that wants more is given up at once. */
const maxPauseMs = 30_000;

const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const passingErrors: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * Sends until there is an answer that will not pass by itself.
 *
 * 429, 5xx and broken connections are tried again; a refused connection or an
 * unknown name is not, because the next endpoint is the better try.
 */
export async function sendWithRetry<T extends { readonly answer: HttpAnswer }>(
  send: () => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    const backoffMs = Math.min(policy.delayMs * 2 ** retry, maxPauseMs);
    let pauseMs = backoffMs;
    try {
      const sent = await send();
      const { answer } = sent;
      if (retry >= policy.maxRetries || !passingStatuses.has(answer.statusCode ?? 0)) return sent;
      pauseMs = pauseAskedFor(answer, Date.now()) ?? backoffMs;
      if (pauseMs > maxPauseMs) return sent;
      answer.destroy();
    } catch (error) {
      if (retry >= policy.maxRetries || !passingErrors.has(errnoOfNetwork(error))) throw error;
    }
    await pause(pauseMs, undefined, { signal });
  }
}

/** Retry-After is seconds or a date. */
function pauseAskedFor(answer: HttpAnswer, nowMs: number): number | undefined {
  const text = answer.headers["retry-after"];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
