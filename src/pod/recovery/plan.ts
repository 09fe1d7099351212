import { assertNever, type ContainerId, type SandboxId } from "#foundation";
import type { ContainerRecord, MonitoredProcess, SandboxRecord } from "../records.ts";

/** What recovery looks at besides the records. */
export interface Observed {
  readonly bootId: string;
  /** Paths that something is mounted on. */
  readonly mounted: ReadonlySet<string>;
  /** Files that pin a sandbox's namespaces. */
  readonly pinsOf: (sandbox: SandboxRecord) => readonly string[];
  /** Where a container's root is mounted while it is held. */
  readonly rootOf: (container: ContainerRecord) => string;
  /** Whether the process of this identity is alive. */
  readonly isAlive: (process: MonitoredProcess["init"]) => boolean;
}

export type RecoveryStep =
  /** It ran when the daemon ended: wait for its end, which may have come already. */
  | { readonly do: "watch-container"; readonly id: ContainerId; readonly process: MonitoredProcess }
  /** Its start was under way: end it, for nobody knows how far it came. */
  | { readonly do: "end-half-started"; readonly id: ContainerId }
  /** The boot it belonged to is over. */
  | { readonly do: "end-of-old-boot"; readonly id: ContainerId }
  /** A checkpoint of it was being written: it may stand still, and there are files of it. */
  | { readonly do: "end-checkpoint"; readonly id: ContainerId }
  /** It ended, and what it held was not given back. */
  | { readonly do: "release-container"; readonly id: ContainerId }
  /** Its making was under way: nobody has its id. */
  | { readonly do: "discard-container"; readonly id: ContainerId }
  /** Its run was under way: nobody has its id. */
  | { readonly do: "discard-sandbox"; readonly id: SandboxId }
  /** It is half stopped, or what it stands on is gone. */
  | { readonly do: "stop-sandbox"; readonly id: SandboxId; readonly why: string };

/** What has to be done so that records and machine agree again. Pure: the same input gives the same steps. */
export function planRecovery(
  sandboxes: Iterable<SandboxRecord>,
  containers: Iterable<ContainerRecord>,
  observed: Observed,
): readonly RecoveryStep[] {
  const byId = new Map([...sandboxes].map((sandbox) => [sandbox.id, sandbox]));
  const containerSteps = [...containers].flatMap((container) => [
    ...planContainer(container, byId.get(container.sandboxId), observed),
    ...(container.checkpoint === undefined ? [] : [{ do: "end-checkpoint", id: container.id } as const]),
  ]);
  return [...containerSteps, ...[...byId.values()].flatMap((sandbox) => planSandbox(sandbox, observed))];
}

function planContainer(
  container: ContainerRecord,
  sandbox: SandboxRecord | undefined,
  observed: Observed,
): readonly RecoveryStep[] {
  const { id, status } = container;
  if (status.phase === "creating" || container.isDiscarded === true) return [{ do: "discard-container", id }];
  if (status.phase === "exited") {
    return observed.mounted.has(observed.rootOf(container)) ? [{ do: "release-container", id }] : [];
  }
  if (sandbox?.bootId !== observed.bootId) return [{ do: "end-of-old-boot", id }];
  switch (status.phase) {
    case "created":
      return [];
    case "starting":
      return [{ do: "end-half-started", id }];
    case "running":
      return [{ do: "watch-container", id, process: status.process }];
    default:
      return assertNever(status, "container status");
  }
}

function planSandbox(sandbox: SandboxRecord, observed: Observed): readonly RecoveryStep[] {
  const { id, status } = sandbox;
  if (sandbox.isDiscarded === true) return [{ do: "discard-sandbox", id }];
  switch (status.phase) {
    case "creating":
      return [{ do: "discard-sandbox", id }];
    case "stopping":
      return [{ do: "stop-sandbox", id, why: "its stop had not ended" }];
    case "stopped":
      return [];
    case "ready": {
      const why = whyNotReady(sandbox, observed, status.pause);
      return why === undefined ? [] : [{ do: "stop-sandbox", id, why }];
    }
    default:
      return assertNever(status, "sandbox status");
  }
}

function whyNotReady(
  sandbox: SandboxRecord,
  observed: Observed,
  pause: MonitoredProcess | undefined,
): string | undefined {
  if (sandbox.bootId !== observed.bootId) return "the machine was started anew";
  const lost = observed.pinsOf(sandbox).find((pin) => !observed.mounted.has(pin));
  if (lost !== undefined) return `its namespace ${lost} is gone`;
  if (pause !== undefined && !observed.isAlive(pause.init)) return "its pause process is gone";
  return undefined;
}
