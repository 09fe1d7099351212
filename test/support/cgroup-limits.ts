import { existsSync } from "node:fs";

const isVersion2 = existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Where a container sees its own limits, below /sys/fs/cgroup. */
export const limitFiles: Readonly<Record<"memory" | "swap" | "shares" | "quota" | "cpus", string>> = isVersion2
  ? { memory: "memory.max", swap: "memory.swap.max", shares: "cpu.weight", quota: "cpu.max", cpus: "cpuset.cpus" }
  : {
      memory: "memory/memory.limit_in_bytes",
      swap: "memory/memory.memsw.limit_in_bytes",
      shares: "cpu/cpu.shares",
      quota: "cpu/cpu.cfs_quota_us",
      cpus: "cpuset/cpuset.cpus",
    };

/** A container's limits as its kernel tells them. */
export interface CgroupLimits {
  readonly memory: string;
  readonly memoryAndSwap: string;
  /** On v2 a weight: see {@link sharesAsTold}. */
  readonly shares: string;
  readonly quota: string;
  readonly cpus: string;
}

/** Reads the limits through something that reads a file inside the container. */
export async function readLimits(read: (path: string) => Promise<string>): Promise<CgroupLimits> {
  const file = (name: string): Promise<string> => read(`/sys/fs/cgroup/${name}`);
  const memory = await file(limitFiles.memory);
  const swap = await file(limitFiles.swap);
  return {
    memory,
    // v2 counts what is swapped out by itself.
    memoryAndSwap: isVersion2 && swap !== "max" ? String(BigInt(memory) + BigInt(swap)) : swap,
    shares: await file(limitFiles.shares),
    quota: (await file(limitFiles.quota)).split(" ")[0] ?? "",
    cpus: await file(limitFiles.cpus),
  };
}

/**
 * How the kernel tells CPU shares: v2 has weights of 1 to 10000 in place of 2 to 262144 shares.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/libcontainer/cgroups/utils.go
 */
export function sharesAsTold(shares: number): string {
  return String(isVersion2 ? 1 + Math.floor(((shares - 2) * 9_999) / 262_142) : shares);
}
