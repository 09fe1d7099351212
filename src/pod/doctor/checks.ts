import type { DoctorCheck } from "#doctor";
import type { EngineHealth } from "../engine.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { pinsOf } from "../sandbox/namespaces.ts";
import { createPodCheck, type PodCheckDeps } from "./look.ts";
import { observeActs } from "./observe/acts.ts";
import { observeCgroups } from "./observe/cgroups.ts";
import { observeLogs } from "./observe/logs.ts";
import { observeNetwork } from "./observe/network.ts";
import { listMonitors, observeProcesses } from "./observe/processes.ts";
import { observeState } from "./observe/state.ts";
import { planActs } from "./plan/acts.ts";
import { planCgroups } from "./plan/cgroups.ts";
import { planHealth } from "./plan/health.ts";
import { planLeftovers } from "./plan/leftovers.ts";
import { planLogs } from "./plan/logs.ts";
import { planMonitors } from "./plan/monitors.ts";
import { planNetwork } from "./plan/network.ts";
import { planPods } from "./plan/pods.ts";

export interface EngineCheckDeps extends PodCheckDeps {
  /** Probes the node anew. */
  readonly probe: (signal: AbortSignal) => Promise<EngineHealth>;
}

/** What can be wrong with pods and containers, in an order in which repairs can follow each other. */
export function createEngineChecks(deps: EngineCheckDeps): readonly DoctorCheck[] {
  return [
    healthCheck(deps),
    podsCheck(deps),
    monitorsCheck(deps),
    logsCheck(deps),
    networkCheck(deps),
    leftoversCheck(deps),
    cgroupsCheck(deps),
    actsCheck(deps),
  ];
}

function healthCheck(deps: EngineCheckDeps): DoctorCheck {
  const observe = async (signal: AbortSignal) => {
    const observed = await deps.probe(signal);
    return { at: `runtime, network, ${counted(observed.runtimes.length, "handler")}`, observed };
  };
  return createPodCheck(deps, "health", observe, (_, health) => planHealth(health));
}

function podsCheck(deps: EngineCheckDeps): DoctorCheck {
  const { context } = deps;
  const { sandboxes, containers, host, paths, handlers } = context;
  const observe = async (signal: AbortSignal) => {
    const isAlive = await observeProcesses(context, signal);
    const mounted = new Set((await host.mounts.list()).map(({ target }) => target));
    return {
      at: `${counted(sandboxes.all().size, "pod")}, ${counted(containers.all().size, "container")}`,
      observed: {
        mounted,
        isAlive,
        areInside: (sandbox: SandboxRecord) => handlers.of(sandbox).type === "oci",
        pinsOf: (sandbox: SandboxRecord) => pinsOf(context, sandbox),
        shmOf: ({ id }: SandboxRecord) => paths.sandbox(id).shm,
        rootOf: ({ id }: ContainerRecord) => paths.container(id).rootfs,
      },
    };
  };
  return createPodCheck(deps, "pods", observe, planPods);
}

function monitorsCheck(deps: EngineCheckDeps): DoctorCheck {
  const { context } = deps;
  const observe = async (signal: AbortSignal) => {
    const monitors = await listMonitors(context);
    const isAlive = await observeProcesses(context, signal);
    return { at: counted(monitors.length, "monitor"), observed: { monitors, isAlive } };
  };
  return createPodCheck(deps, "monitors", observe, planMonitors);
}

function logsCheck(deps: EngineCheckDeps): DoctorCheck {
  const observe = async (signal: AbortSignal) => {
    const { paths, ...observed } = await observeLogs(deps.context, signal);
    return { at: counted(paths.length, "log"), observed };
  };
  return createPodCheck(deps, "logs", observe, planLogs);
}

function networkCheck(deps: EngineCheckDeps): DoctorCheck {
  const observe = async (signal: AbortSignal) => {
    const observed = await observeNetwork(deps.context, signal);
    const { attachments, leases } = observed;
    return { at: `${counted(attachments.length, "attachment")}, ${counted(leases.length, "lease")}`, observed };
  };
  return createPodCheck(deps, "network", observe, planNetwork);
}

function leftoversCheck(deps: EngineCheckDeps): DoctorCheck {
  const observe = async () => {
    const observed = await observeState(deps.context);
    const { directory, directories, mounts } = observed;
    return { at: `${directories.length} directories, ${counted(mounts.length, "mount")} in ${directory}`, observed };
  };
  return createPodCheck(deps, "leftovers", observe, planLeftovers);
}

function cgroupsCheck(deps: EngineCheckDeps): DoctorCheck {
  const observe = async () => {
    const observed = await observeCgroups(deps.context);
    return { at: `${counted(observed.length, "cgroup")} of containers`, observed };
  };
  return createPodCheck(deps, "cgroups", observe, planCgroups);
}

function actsCheck(deps: EngineCheckDeps): DoctorCheck {
  const observe = async () => {
    const observed = await observeActs(deps.context);
    return { at: `${counted(observed.acts.length, "act")} under way`, observed };
  };
  return createPodCheck(deps, "acts", observe, planActs);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
