import { countIn } from "./cgroup/counters.ts";

/** What has passed through one network interface. */
export interface InterfaceCounters {
  readonly name: string;
  readonly received: DirectionCounters;
  readonly sent: DirectionCounters;
}

export interface DirectionCounters {
  readonly bytes: bigint;
  readonly packets: bigint;
  readonly errors: bigint;
  readonly dropped: bigint;
}

const columns = 16;
/** Columns of one direction. */
const perDirection = columns / 2;
const mostInterfaces = 1_024;
const longestName = 15;
const space = 32;

/** Decodes /proc/net/dev: two lines of header, then eight counters a direction; other lines do not count. */
export function decodeNetDev(text: string): readonly InterfaceCounters[] {
  const interfaces: InterfaceCounters[] = [];
  for (let start = 0; start < text.length && interfaces.length < mostInterfaces; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const counters = interfaceIn(text, start, end);
    if (counters !== undefined) interfaces.push(counters);
    start = end + 1;
  }
  return interfaces;
}

/** The interface of a line; undefined when it is none. */
function interfaceIn(text: string, start: number, end: number): InterfaceCounters | undefined {
  const colon = text.indexOf(":", start);
  if (colon === -1 || colon > end) return undefined;
  const name = text.slice(start, colon).trimStart();
  const values = countsIn(text, colon + 1, end);
  if (!isName(name) || values === undefined) return undefined;
  return { name, received: direction(values, 0), sent: direction(values, perDirection) };
}

function isName(word: string): boolean {
  return word !== "" && word.length <= longestName && !/\s/.test(word);
}

/** The numbers of all columns; undefined when there are not as many of them. */
function countsIn(text: string, start: number, end: number): readonly bigint[] | undefined {
  const values: bigint[] = [];
  for (let at = start; at < end; ) {
    while (at < end && text.charCodeAt(at) === space) at += 1;
    if (at === end) break;
    const next = text.indexOf(" ", at);
    const stop = next === -1 || next > end ? end : next;
    const value = countIn(text, at, stop);
    if (value === undefined || values.length === columns) return undefined;
    values.push(value);
    at = stop;
  }
  return values.length === columns ? values : undefined;
}

function direction(values: readonly bigint[], first: number): DirectionCounters {
  const at = (column: number): bigint => values[first + column] ?? 0n;
  return { bytes: at(0), packets: at(1), errors: at(2), dropped: at(3) };
}
