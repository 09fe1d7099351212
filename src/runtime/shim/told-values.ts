import type { RuntimeStatistics } from "../types.ts";

/** A device as a shim tells of it: of a machine that may be another one, so that it has no name here. */
export type ToldDevice = RuntimeStatistics["detail"]["devices"][number];

type Traffic = Pick<ToldDevice, "readBytes" | "writeBytes" | "reads" | "writes">;

/** What no machine has: a limit that is none. v1 says it by its largest number of pages, v2 by the largest number of all. */
const unlimited = 2n ** 60n;

/** A limit as shims tell it; undefined where there is none. */
export function limitOf(value: bigint | undefined): bigint | undefined {
  return value === undefined || value === 0n || value >= unlimited ? undefined : value;
}

/** Usage without the page cache that the kernel would drop first. */
export function workingSetOf(usageBytes: bigint, inactiveFileBytes: bigint): bigint {
  return usageBytes > inactiveFileBytes ? usageBytes - inactiveFileBytes : 0n;
}

export function tellDevice(
  { major, minor, device = "" }: { readonly major: bigint; readonly minor: bigint; readonly device?: string },
  traffic: Traffic,
): ToldDevice {
  return { major: Number(major), minor: Number(minor), name: device, ...traffic, cost: undefined };
}
