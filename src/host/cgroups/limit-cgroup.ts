import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Fault } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { type CgroupTree, hierarchyOf } from "./cgroup-tree.ts";
import { weightOfShares } from "./cpu-weight.ts";
import { writeControl } from "./ensure-cgroup.ts";
import type { CgroupLimits } from "./types.ts";

/**
 * Gives a cgroup other limits; those that are not named stay. The numbers are cgroup v1's on v2 too, as OCI has them.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.1/config-linux.md#control-groups
 */
export async function limitCgroup(tree: CgroupTree, path: string, limits: CgroupLimits): Promise<void> {
  const controls = new Controls(tree, path);
  try {
    await (tree.version === "v2" ? limitV2(controls, limits) : limitV1(controls, limits));
  } catch (error) {
    throw hostFault(`limit cgroup ${path}`, error);
  }
}

/** The control files of one cgroup. */
class Controls {
  readonly #tree: CgroupTree;
  readonly #path: string;

  constructor(tree: CgroupTree, path: string) {
    this.#tree = tree;
    this.#path = path;
  }

  async read(file: string): Promise<string> {
    return (await readFile(this.#place(file), "utf8")).trim();
  }

  /** Nothing, where there is nothing to write. */
  async write(file: string, value: number | bigint | string | undefined): Promise<void> {
    if (value !== undefined) await writeControl(this.#place(file), String(value));
  }

  /** A file's name begins with its controller's. */
  #place(file: string): string {
    const controller = file.split(".")[0] ?? "";
    const hierarchy = hierarchyOf(this.#tree, controller);
    if (hierarchy !== undefined) return join(hierarchy.directory, this.#path, file);
    throw new Fault("unsupported", `${file}: the machine has no cgroup controller ${controller}`);
  }
}

async function limitV1(controls: Controls, { memory, cpu, hugepageLimits = [] }: CgroupLimits): Promise<void> {
  await limitMemoryV1(controls, memory ?? {});
  await controls.write("cpu.shares", cpu?.shares);
  await limitBandwidthV1(controls, cpu ?? {});
  await controls.write("cpuset.cpus", cpu?.cpus);
  await controls.write("cpuset.mems", cpu?.mems);
  for (const { pageSize, limit } of hugepageLimits) await controls.write(`hugetlb.${pageSize}.limit_in_bytes`, limit);
}

/** The kernel takes no limit of memory above that of memory and swap together, at any moment. */
async function limitMemoryV1(controls: Controls, { limit, swap }: NonNullable<CgroupLimits["memory"]>): Promise<void> {
  const both = "memory.memsw.limit_in_bytes";
  const grows = swap !== undefined && (swap < 0 || BigInt(swap) > BigInt(await controls.read(both)));
  if (grows) await controls.write(both, swap);
  await controls.write("memory.limit_in_bytes", limit);
  if (!grows) await controls.write(both, swap);
}

/** The kernel takes no more of a processor than the parent has, at any moment: which of the two comes first depends. */
async function limitBandwidthV1(
  controls: Controls,
  { period, quota }: NonNullable<CgroupLimits["cpu"]>,
): Promise<void> {
  try {
    await controls.write("cpu.cfs_period_us", period);
  } catch (error) {
    if (quota === undefined || !isErrno(error, "EINVAL")) throw error;
    await controls.write("cpu.cfs_quota_us", quota);
    await controls.write("cpu.cfs_period_us", period);
    return;
  }
  await controls.write("cpu.cfs_quota_us", quota);
}

async function limitV2(
  controls: Controls,
  { memory, cpu, hugepageLimits = [], unified = {} }: CgroupLimits,
): Promise<void> {
  await controls.write("memory.swap.max", swapOf(memory ?? {}));
  await controls.write("memory.max", orMax(memory?.limit));
  await controls.write("cpu.weight", cpu?.shares === undefined ? undefined : weightOfShares(cpu.shares));
  await limitBandwidthV2(controls, cpu ?? {});
  await controls.write("cpuset.cpus", cpu?.cpus);
  await controls.write("cpuset.mems", cpu?.mems);
  for (const { pageSize, limit } of hugepageLimits) await controls.write(`hugetlb.${pageSize}.max`, limit);
  for (const [file, value] of Object.entries(unified)) {
    if (basename(file) !== file) throw new Fault("invalid", `unified: ${JSON.stringify(file)} is no control file`);
    await controls.write(file, value);
  }
}

/** v2 counts by itself what v1 counts together with memory. */
function swapOf({ limit, swap }: NonNullable<CgroupLimits["memory"]>): number | string | undefined {
  if (swap === undefined || swap < 0) return orMax(swap);
  if (limit !== undefined && limit >= 0) return swap - limit;
  throw new Fault("invalid", `memory and swap of ${swap} bytes: needs a limit of memory`);
}

async function limitBandwidthV2(
  controls: Controls,
  { period, quota }: NonNullable<CgroupLimits["cpu"]>,
): Promise<void> {
  if (period === undefined && quota === undefined) return;
  // Without a period the kernel keeps its own; there is no form without a quota.
  const most = orMax(quota) ?? (await controls.read("cpu.max")).split(" ")[0] ?? "max";
  await controls.write("cpu.max", period === undefined ? most : `${most} ${period}`);
}

function orMax(limit: number | undefined): number | string | undefined {
  return limit !== undefined && limit < 0 ? "max" : limit;
}
