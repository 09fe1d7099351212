import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 20;

/** Asks until there is an answer. @throws Error naming what did not come in time */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(`${what}: not within ${timeoutMs / 1_000} s`);
    await delay(lookEveryMs, undefined, { signal });
  }
}
