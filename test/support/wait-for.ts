import { setTimeout as pause } from "node:timers/promises";
import { slowness } from "./slowness.ts";

export interface WaitOptions {
  /** @default 10_000 */
  readonly timeoutMs?: number;
  /** @default 20 */
  readonly intervalMs?: number;
}

/**
 * Asks `condition` until it answers with something other than `undefined` or
 * `false`, and returns that answer.
 *
 * A condition that throws ends the wait: what is only "not yet" must be caught there.
 */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs: usualMs = 10_000, intervalMs = 20 } = options;
  const timeoutMs = usualMs * slowness;
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`wait for ${what}: not seen within ${timeoutMs} ms`);
    await pause(intervalMs);
  }
}
