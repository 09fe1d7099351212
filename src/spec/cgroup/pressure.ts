import { isCount, linesOf } from "./counters.ts";

/** Share of time, in percent, in which tasks waited for a resource, and how long in all. */
export interface PressureShare {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly totalMicros: bigint;
}

/** Pressure stall information of a resource: `some` tasks waited, or all of them (`full`) did. */
export interface Pressure {
  readonly some: PressureShare;
  readonly full: PressureShare;
}

const linePattern = /^(some|full) avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=(\d+)$/;
const none: PressureShare = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 0n };

/**
 * Decodes a pressure file; undefined when it is none.
 *
 * Older kernels have no "full" line for the processor: nothing is then counted.
 *
 * @see https://docs.kernel.org/6.1/accounting/psi.html
 */
export function decodePressure(text: string): Pressure | undefined {
  const shares = new Map(linesOf(text).flatMap(shareOf));
  const some = shares.get("some");
  return some === undefined ? undefined : { some, full: shares.get("full") ?? none };
}

function shareOf(line: string): readonly (readonly [string, PressureShare])[] {
  const match = linePattern.exec(line);
  if (match === null) return [];
  const [, kind = "", avg10, avg60, avg300, total = ""] = match;
  if (!isCount(total)) return [];
  const share = { avg10: Number(avg10), avg60: Number(avg60), avg300: Number(avg300), totalMicros: BigInt(total) };
  return [[kind, share]];
}
