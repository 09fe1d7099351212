/** Wall-clock time as CRI counts it. */
export interface Clock {
  /** Unix time in nanoseconds, strictly increasing over the life of the clock. */
  nowNanos(): bigint;
}

/**
 * The machine's clock with nanoseconds that never repeat.
 *
 * kubelet orders the attempts of a container by creation time, so two events
 * must not share one.
 */
export function createSystemClock(): Clock {
  let last = 0n;
  return {
    nowNanos() {
      const now = BigInt(Date.now()) * 1_000_000n;
      last = now > last ? now : last + 1n;
      return last;
    },
  };
}
