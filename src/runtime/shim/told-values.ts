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

export function tellDevice(
  { major, minor, device = "" }: { readonly major: bigint; readonly minor: bigint; readonly device?: string },
  traffic: Traffic,
): ToldDevice {
  return { major: Number(major), minor: Number(minor), name: device, ...traffic, cost: undefined };
}

/** What the messages of shims do not carry. */
export const untoldReclaim: RuntimeStatistics["usage"]["memory"]["reclaim"] = {
  dirtyBytes: undefined,
  writebackBytes: undefined,
  scannedPages: undefined,
  stolenPages: undefined,
  refaultedAnon: undefined,
  refaultedFile: undefined,
};
