import type { BigIntStats } from "node:fs";
import type { DeviceNumber } from "./types.ts";

/** What a device node leads to, from the kernel's packing of major and minor number, as in sysmacros.h; undefined for others. */
export function deviceNumberOf(stat: BigIntStats): DeviceNumber | undefined {
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return undefined;
  const major = ((stat.rdev >> 8n) & 0xfffn) | ((stat.rdev >> 32n) & ~0xfffn);
  const minor = (stat.rdev & 0xffn) | ((stat.rdev >> 12n) & ~0xffn & 0xffff_ffffn);
  const type = stat.isBlockDevice() ? "block" : "character";
  return { type, major: Number(major), minor: Number(minor) };
}
