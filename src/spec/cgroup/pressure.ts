import { countIn } from "./counters.ts";

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

const none: PressureShare = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 0n };

/**
 * Decodes a pressure file; undefined when it is none.
 *
 * Older kernels have no "full" line for the processor: nothing is then counted.
 *
 * @see https://docs.kernel.org/6.1/accounting/psi.html
 */
export function decodePressure(text: string): Pressure | undefined {
  const some = shareAt(text, 0, "some");
  if (some === undefined) return undefined;
  return { some, full: shareAt(text, text.indexOf("\n") + 1, "full") ?? none };
}

/**
 * The share of the line that begins there; undefined when it is no line of this kind.
 *
 * It goes from label to label and makes nothing on the way: a full node has six of these lines for each pod, at every
 * question.
 */
function shareAt(text: string, start: number, kind: string): PressureShare | undefined {
  if (!text.startsWith(kind, start)) return undefined;
  const short = start + kind.length;
  const middle = text.indexOf(" ", short + 1);
  const long = text.indexOf(" ", middle + 1);
  const last = text.indexOf(" ", long + 1);
  const end = text.indexOf("\n", last);
  const avg10 = averageIn(text, " avg10=", short, middle);
  const avg60 = averageIn(text, " avg60=", middle, long);
  const avg300 = averageIn(text, " avg300=", long, last);
  const totalMicros = totalIn(text, last, end === -1 ? text.length : end);
  if (avg10 === undefined || avg60 === undefined || avg300 === undefined || totalMicros === undefined) return undefined;
  return { avg10, avg60, avg300, totalMicros };
}

/** `at`: where the label must be; `end`: where its value does. */
function averageIn(text: string, label: string, at: number, end: number): number | undefined {
  if (!text.startsWith(label, at)) return undefined;
  const start = at + label.length;
  if (end - start === calm.length && text.startsWith(calm, start)) return 0;
  const word = text.slice(start, end);
  return /^\d+\.\d+$/.test(word) ? Number(word) : undefined;
}

/** Most of the averages of most pods. */
const calm = "0.00";
const totalLabel = " total=";

function totalIn(text: string, at: number, end: number): bigint | undefined {
  return text.startsWith(totalLabel, at) ? countIn(text, at + totalLabel.length, end) : undefined;
}
