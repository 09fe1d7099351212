import { basename } from "node:path";
import { type SandboxConfig, slicePath } from "#spec";
import type { PodOptions } from "../context.ts";
import { fieldInvalid } from "../faults.ts";

type CgroupOptions = Pick<PodOptions, "cgroupDriver" | "cgroupParent">;

/**
 * The cgroup that a pod's containers go under, from the root of the tree.
 *
 * systemd knows a slice by its name alone, wherever a client believes that it is: the last part of the path counts.
 *
 * @throws Fault `invalid` naming the field when the node's driver has no word for what was asked
 */
export function cgroupParentOf({ cgroupDriver, cgroupParent }: CgroupOptions, asked: string): string {
  if (asked === "") return cgroupParent;
  if (cgroupDriver === "cgroupfs") return absolute(asked);
  const path = slicePath(basename(asked));
  if (path === undefined)
    throw parentInvalid(`must end in the name of a slice for the cgroup driver systemd, is ${asked}`);
  return path;
}

/** Refuses what `cgroupParentOf` refuses. */
export function assertCgroupParent(options: CgroupOptions, { cgroupParent }: SandboxConfig): void {
  cgroupParentOf(options, cgroupParent);
}

function absolute(asked: string): string {
  const parts = asked.split("/").slice(1);
  const isPlain = asked.startsWith("/") && parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!isPlain)
    throw parentInvalid(`must be an absolute path below the root for the cgroup driver cgroupfs, is ${asked}`);
  return asked;
}

function parentInvalid(problem: string): Error {
  return fieldInvalid("linux.cgroup_parent", problem);
}
