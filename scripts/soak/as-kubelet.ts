import { isFault } from "#foundation";
import { waitFor } from "../../test/support/wait-for.ts";

/** Longest time that a call is tried again: a restart of crispd takes a second or two. */
const patienceMs = 60_000;

/**
 * Calls as kubelet does: what failed because the daemon went away, or because
 * the caller gave up, is asked again with the same words.
 */
export async function asKubelet<T>(act: string, call: () => Promise<T>): Promise<T> {
  const answer = await waitFor(
    `${act} to be answered`,
    async () => {
      try {
        return { value: await call() };
      } catch (error) {
        if (isFault(error, "unavailable") || isFault(error, "canceled")) return undefined;
        throw error;
      }
    },
    { timeoutMs: patienceMs, intervalMs: 50 },
  );
  return answer.value;
}

/** Calls once with so little patience that the call is given up, and then again as it should be. */
export async function giveUpFirst<T>(
  act: string,
  call: (options: { readonly signal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const impatient = AbortSignal.timeout(10);
  const first = await call({ signal: impatient }).then(
    (value) => ({ value }),
    () => undefined,
  );
  return first === undefined ? await asKubelet(act, () => call({})) : first.value;
}
