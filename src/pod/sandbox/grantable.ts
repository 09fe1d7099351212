import { chooseLabels } from "#runtime";
import type { SandboxConfig } from "#spec";
import type { PodContext } from "../context.ts";
import { assertCgroupParent } from "./cgroup-parent.ts";
import { assertCanMap } from "./user-namespace.ts";

/**
 * Refuses what this node can give to no pod, though another could.
 *
 * Labels are refused as for a container: only the pause program would get them, and most pods have none.
 *
 * @throws Fault `invalid` for an unknown handler; `unsupported` naming the field
 */
export function assertGrantable(context: PodContext, config: SandboxConfig, handler: string): void {
  const { security } = config;
  assertCgroupParent(context.options, config);
  const chosen = context.handlers.choose(handler);
  if (security.namespaces.user !== undefined) assertCanMap(context, chosen);
  chooseLabels(security, context.kernel);
}
