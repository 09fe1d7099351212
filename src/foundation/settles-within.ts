/** Waits for a promise, but not longer than `ms`; whether it settled. It must not reject. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: tooLong, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([promise.then(() => true as const), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
