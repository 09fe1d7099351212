/** Usage of a processor up to a moment. */
interface Reading {
  readonly atNanos: bigint;
  readonly usageNanos: bigint;
}

interface Series {
  /** What the rate is counted from: the last reading that is old enough. */
  readonly base: Reading;
  readonly latest: Reading;
  readonly rate: bigint | undefined;
}

/** Less time between two readings tells more of the scheduler than of the program. */
const leastSpanNanos = 500_000_000n;
const nanosPerSecond = 1_000_000_000n;

/**
 * Rates from the readings that clients ask for anyway: nothing is sampled when
 * nobody asks. Clients that poll at their own times do not shorten each
 * other's span below half a second.
 */
export class CpuRates {
  readonly #series = new Map<string, Series>();

  /** Takes a reading; the rate since the one before, in billionths of a processor. Undefined at the first. */
  add(id: string, reading: Reading): bigint | undefined {
    const known = this.#series.get(id);
    // Less usage than before: the cgroup was made anew under the same id.
    if (known === undefined || reading.usageNanos < known.latest.usageNanos) {
      this.#series.set(id, { base: reading, latest: reading, rate: undefined });
      return undefined;
    }
    const base = known.latest.atNanos - known.base.atNanos >= leastSpanNanos ? known.latest : known.base;
    const rate = rateBetween(base, reading) ?? known.rate;
    this.#series.set(id, { base, latest: reading, rate });
    return rate;
  }

  /** Forgets what is gone. */
  forget(id: string): void {
    this.#series.delete(id);
  }
}

function rateBetween(base: Reading, reading: Reading): bigint | undefined {
  const spanNanos = reading.atNanos - base.atNanos;
  if (spanNanos < leastSpanNanos) return undefined;
  return ((reading.usageNanos - base.usageNanos) * nanosPerSecond) / spanNanos;
}
