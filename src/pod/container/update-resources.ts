import { isDeepStrictEqual } from "node:util";
import { buildResourceUpdate } from "#runtime";
import type { LinuxResources } from "#spec";
import type { PodContext } from "../context.ts";
import { containerWrongPhase, limitBelowUse, updateUnsupported } from "../faults.ts";
import { getContainer, getSandbox } from "../find.ts";
import { cgroupPlaceOf } from "../placement.ts";
import { type ContainerRecord, type MonitoredProcess, untilReboot } from "../records.ts";
import { stagesOfContainer } from "../stage.ts";
import { mergeResources } from "./merge-resources.ts";
import { handleOf } from "./phases.ts";

/**
 * Changes the limits of a container; zero and empty mean "as before". One that
 * is only created starts with them.
 *
 * The record changes after the cgroup: who reads the new limits in a status may
 * rely on them.
 *
 * @throws Fault `wrong-state` when it has ended, or uses more memory than it shall have
 */
export async function updateContainerResources(context: PodContext, id: string, change: LinuxResources): Promise<void> {
  const { id: containerId } = getContainer(context, id);
  await context.locks.run(containerId, async () => {
    const record = getContainer(context, containerId);
    const { status, config } = record;
    if (status.phase !== "created" && status.phase !== "running") throw containerWrongPhase(record, "running");
    const resources = mergeResources(config.resources, change);
    const apply = planUpdate(context, record, resources);
    if (status.phase === "running") await apply(status.process);
    context.containers.update(containerId, (old) => ({ ...old, config: { ...old.config, resources } }), untilReboot);
    context.logger.info("container resources changed", { containerId, name: config.metadata.name });
  });
}

/** Refuses now what cannot be granted; the function it gives grants the rest to the processes that run. */
function planUpdate(
  context: PodContext,
  record: ContainerRecord,
  wanted: LinuxResources,
): (process: MonitoredProcess) => Promise<void> {
  const sandbox = getSandbox(context, record.sandboxId);
  const cgroup = cgroupPlaceOf(context, sandbox, record.id);
  const { update, clamped } = buildResourceUpdate(wanted, { cgroup, own: context.host.machine.own });
  return async (process) => {
    const stage = stagesOfContainer(context, record);
    assertHugepagesStay(record, wanted);
    assertMemoryFits(context, record, { wanted, cgroupPath: process.cgroupPath });
    for (const clamp of clamped) context.clamps.tell(clamp);
    const { runtime } = context.handlers.of(sandbox);
    await stage("change limits", () => runtime.update(handleOf(context, record, process), update));
  };
}

/** OCI runtimes set huge page limits at the creation only. */
function assertHugepagesStay({ config }: ContainerRecord, wanted: LinuxResources): void {
  const limitsOf = (resources: LinuxResources | undefined): readonly object[] =>
    (resources?.hugepageLimits ?? []).filter(({ limitBytes }) => limitBytes !== 0n);
  if (isDeepStrictEqual(limitsOf(config.resources), limitsOf(wanted))) return;
  throw updateUnsupported("linux.hugepage_limits");
}

/** On v2 the kernel would kill the container to make it fit. */
function assertMemoryFits(
  { host }: PodContext,
  { id, config }: ContainerRecord,
  { wanted, cgroupPath }: { readonly wanted: LinuxResources; readonly cgroupPath: string },
): void {
  const limit = wanted.memoryLimitBytes;
  if (limit === 0 || limit === config.resources?.memoryLimitBytes) return;
  const inUse = host.cgroups.usage(cgroupPath)?.memory.workingSetBytes ?? 0n;
  if (inUse > BigInt(limit)) throw limitBelowUse(id, limit, inUse);
}
