import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

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

/** Reads the limits of the cgroup that a process is in, whatever its container sees of them. */
export async function readLimits(pid: number): Promise<CgroupLimits> {
  const memberships = await readFile(`/proc/${pid}/cgroup`, "utf8");
  const [, cgroup = ""] = (isVersion2 ? /^0::(.*)$/m : /^\d+:memory:(.*)$/m).exec(memberships) ?? [];
  const file = async (name: string): Promise<string> => {
    const { dir, base } = path.parse(name);
    return (await readFile(path.join("/sys/fs/cgroup", dir, cgroup, base), "utf8")).trim();
  };
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
