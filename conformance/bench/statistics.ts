/** The value below which the given share of the samples lies; between two samples, linearly. NaN without samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle of the samples. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** How one contestant compares with another: of all rounds together, and the extremes of single rounds. */
export interface Ratio {
  readonly all: number;
  readonly least: number;
  readonly greatest: number;
}

/**
 * Compares the medians of two contestants' samples, which are given by round.
 *
 * A round's ratio compares what ran within seconds of each other, so the spread
 * tells how much of a difference is the machine's mood.
 */
export function ratioOf(ours: readonly (readonly number[])[], theirs: readonly (readonly number[])[]): Ratio {
  const rounds = ours.map((samples, round) => median(samples) / median(theirs[round] ?? []));
  return {
    all: median(ours.flat()) / median(theirs.flat()),
    least: Math.min(...rounds),
    greatest: Math.max(...rounds),
  };
}
