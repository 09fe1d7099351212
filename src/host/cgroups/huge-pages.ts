import { readdir } from "node:fs/promises";
import { decodeCgroupFields, decodeCgroupNumber } from "#spec";
import { isErrno } from "../errno.ts";
import type { ReadControl } from "./control.ts";
import type { HugePageUsage } from "./statistics.ts";

/** The sizes that the machine has, as control files are named by them: `2MB`, `1GB`. */
export async function readHugePageSizes(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    // A kernel without huge pages.
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  });
  return names.flatMap((name) => {
    const kibibytes = Number(/^hugepages-(\d{1,12})kB$/.exec(name)?.[1]);
    return Number.isNaN(kibibytes) ? [] : [sizeName(kibibytes)];
  });
}

const units = ["KB", "MB", "GB"] as const;

/** As the kernel names them: in the largest unit of which it is one or more. */
function sizeName(kibibytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(kibibytes) / 10));
  return `${kibibytes / 1024 ** power}${units[power]}`;
}

export function hugePagesOfV1(read: ReadControl, sizes: readonly string[]): readonly HugePageUsage[] {
  return sizes.flatMap((pageSize) => {
    const number = (name: string): bigint | undefined =>
      decodeCgroupNumber(read("hugetlb", `hugetlb.${pageSize}.${name}`));
    const usageBytes = number("usage_in_bytes");
    if (usageBytes === undefined) return [];
    const maxUsageBytes = number("max_usage_in_bytes") ?? 0n;
    return [{ pageSize, usageBytes, maxUsageBytes, failures: number("failcnt") ?? 0n }];
  });
}

/** v2 does not keep the greatest usage. */
export function hugePagesOfV2(read: ReadControl, sizes: readonly string[]): readonly HugePageUsage[] {
  return sizes.flatMap((pageSize) => {
    const usageBytes = decodeCgroupNumber(read("hugetlb", `hugetlb.${pageSize}.current`));
    if (usageBytes === undefined) return [];
    const failures = decodeCgroupFields(read("hugetlb", `hugetlb.${pageSize}.events`)).get("max") ?? 0n;
    return [{ pageSize, usageBytes, maxUsageBytes: 0n, failures }];
  });
}
