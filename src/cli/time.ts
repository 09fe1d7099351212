/** Unix nanoseconds as RFC 3339 in UTC with all nine digits: what sorts and parses everywhere. */
export function formatTime(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, "0");
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** What tools of the field show for a moment that has not come. */
export const noTime = "0001-01-01T00:00:00Z";
