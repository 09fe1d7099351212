/**
 * v2 has weights of 1 to 10000 in place of v1's shares of 2 to 262144, and configurations speak of shares.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/libcontainer/cgroups/utils.go
 */
const leastShares = 2;
const [sharesAbove, weightsAbove] = [262_142, 9_999];

export function weightOfShares(shares: number): number {
  return 1 + Math.floor(((shares - leastShares) * weightsAbove) / sharesAbove);
}

/** The shares that give this weight, or the next less; 0 for none. */
export function sharesOfWeight(weight: bigint): bigint {
  if (weight === 0n) return 0n;
  return BigInt(leastShares) + ((weight - 1n) * BigInt(sharesAbove)) / BigInt(weightsAbove);
}
