import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hostFault } from "../faults.ts";
import { type CgroupTree, hierarchyOf } from "./cgroup-tree.ts";

/** Reads the bytes that a cgroup uses and the kernel would not take back first: its working set. */
export async function readMemoryInUse(tree: CgroupTree, path: string): Promise<bigint> {
  const act = `read memory of cgroup ${path}`;
  const directory = join(hierarchyOf(tree, "memory")?.directory ?? "", path);
  const [currentFile, inactiveKey] =
    tree.version === "v2" ? ["memory.current", "inactive_file"] : ["memory.usage_in_bytes", "total_inactive_file"];
  try {
    const [current, stat] = await Promise.all([
      readFile(join(directory, currentFile), "utf8"),
      readFile(join(directory, "memory.stat"), "utf8"),
    ]);
    const inUse = BigInt(current.trim()) - valueOf(stat, inactiveKey);
    return inUse < 0n ? 0n : inUse;
  } catch (error) {
    throw hostFault(act, error);
  }
}

function valueOf(stat: string, key: string): bigint {
  const line = stat.split("\n").find((each) => each.startsWith(`${key} `));
  return BigInt(line?.slice(key.length + 1) ?? 0);
}
