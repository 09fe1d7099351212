import type { ShimContext } from "./options.ts";
import type { ShimCallOptions } from "./shim-client.ts";

/** The time that making a container may take, all its steps together. */
export interface CreateClock {
  /** The caller's own word that it has given up. */
  readonly signal: AbortSignal | undefined;
  /** Options of a call that may take all the time that is left. */
  left(): ShimCallOptions & { readonly timeoutMs: number };
}

/** Starts it. @throws what the caller's signal says, when it has given up before */
export function startCreateClock(
  { settings }: Pick<ShimContext, "settings">,
  signal: AbortSignal | undefined,
): CreateClock {
  signal?.throwIfAborted();
  const endsAt = performance.now() + settings.timeouts.createMs;
  return {
    signal,
    left: () => ({
      timeoutMs: Math.max(1, Math.round(endsAt - performance.now())),
      ...(signal === undefined ? {} : { signal }),
    }),
  };
}
