/**
 * Runs works side by side; the first that fails aborts the others.
 *
 * Returns, or throws that first failure, only after every one has ended.
 */
export async function together<T extends readonly unknown[]>(
  works: { readonly [K in keyof T]: (signal: AbortSignal) => Promise<T[K]> },
  signal?: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let first: { readonly error: unknown } | undefined;
  const running = works.map(async (work) => {
    try {
      return await work(both);
    } catch (error) {
      first ??= { error };
      stop.abort(error);
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(running);
  if (first !== undefined) throw first.error;
  return outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : undefined)) as unknown as T;
}
