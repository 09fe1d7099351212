import type { OwnLimits } from "#host";
import type { LinuxResources } from "#spec";
import type { ResourceUpdate } from "../types.ts";
import type { CgroupPlace, Clamp } from "./input.ts";
import { clampOomScore } from "./oom-score.ts";
import { translateResources } from "./resources.ts";

export interface ResourceUpdatePlan {
  readonly update: ResourceUpdate;
  readonly clamped: readonly Clamp[];
}

/**
 * Translates all the limits that a container shall have from now on; what was not changed must be among them.
 *
 * @throws Fault `invalid` or `unsupported` naming the field
 */
export function buildResourceUpdate(
  wanted: LinuxResources,
  machine: { readonly cgroup: CgroupPlace; readonly own: OwnLimits },
): ResourceUpdatePlan {
  const resources = translateResources(wanted, machine.cgroup);
  const { oomScoreAdj, clamped } = clampOomScore(wanted.oomScoreAdj, machine.own);
  return { update: { resources, oomScoreAdj }, clamped };
}
