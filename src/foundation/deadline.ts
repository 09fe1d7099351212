import { Fault } from "./fault.ts";

/** Longest delay that a timer takes, in ms: with a longer one Node fires at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** Rejects with the signal's reason once it aborts; never resolves. */
export function abortReason(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/**
 * A signal that aborts after `ms`, or earlier with the caller's own.
 *
 * Every wait on the outside takes one, even when the caller gave no deadline.
 */
export function deadline(ms: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(Math.min(ms, longestTimerMs));
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

/** The fault that an aborted signal means for `act`: `timed-out` or `canceled`. */
export function faultOfAbort(act: string, signal: AbortSignal): Fault {
  return Fault.within(act, signal.reason);
}
