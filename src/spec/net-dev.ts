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

const linePattern = /^\s*([^\s:]{1,15}):\s*(\d[\d\s]*)$/;
const columns = 16;
const mostInterfaces = 1_024;

/** Decodes /proc/net/dev: two lines of header, then eight counters a direction; other lines do not count. */
export function decodeNetDev(text: string): readonly InterfaceCounters[] {
  return text.split("\n", mostInterfaces).flatMap((line) => {
    const [, name, rest = ""] = linePattern.exec(line) ?? [];
    const counters = rest.trim().split(/\s+/);
    if (name === undefined || counters.length !== columns || counters.some((word) => word.length > 20)) return [];
    const values = counters.map(BigInt);
    return [{ name, received: direction(values, 0), sent: direction(values, columns / 2) }];
  });
}

function direction(values: readonly bigint[], first: number): DirectionCounters {
  const [bytes = 0n, packets = 0n, errors = 0n, dropped = 0n] = values.slice(first);
  return { bytes, packets, errors, dropped };
}
