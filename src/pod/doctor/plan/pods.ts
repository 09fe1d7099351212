import type { PinnedNamespaceKind, ProcessIdentity } from "#host";
import { stoppedBeforeStart } from "../../container/phases.ts";
import type { ContainerRecord, SandboxRecord } from "../../records.ts";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

export interface ObservedPods {
  /** Paths that something is mounted on. */
  readonly mounted: ReadonlySet<string>;
  readonly pinsOf: (sandbox: SandboxRecord) => Partial<Record<PinnedNamespaceKind | "user", string>>;
  readonly shmOf: (sandbox: SandboxRecord) => string;
  readonly rootOf: (container: ContainerRecord) => string;
  readonly isAlive: (process: ProcessIdentity) => boolean;
  /** Whether the processes of its containers are in its namespaces: those of a shim may be anywhere. */
  readonly areInside: (sandbox: SandboxRecord) => boolean;
}

/** What pods and containers stand on and is gone. Pure. */
export function planPods(records: SteadyRecords, observed: ObservedPods): readonly PlannedFinding[] {
  return [
    ...records.sandboxes.flatMap((sandbox) => planSandbox(sandbox, records.containers, observed)),
    ...records.containers.flatMap((container) => planContainer(container, observed)),
  ];
}

function planSandbox(
  sandbox: SandboxRecord,
  containers: readonly ContainerRecord[],
  observed: ObservedPods,
): readonly PlannedFinding[] {
  if (sandbox.status.phase !== "ready") return [];
  const { pause } = sandbox.status;
  if (pause !== undefined && !observed.isAlive(pause.init)) return [pauseGone(sandbox)];
  const inPod = containers.filter(({ sandboxId }) => sandboxId === sandbox.id);
  return [...planPins(sandbox, inPod, observed), ...planShm(sandbox, observed)];
}

function planPins(
  sandbox: SandboxRecord,
  containers: readonly ContainerRecord[],
  observed: ObservedPods,
): readonly PlannedFinding[] {
  const process = findProcess(sandbox, containers, observed);
  const pins = Object.entries(observed.pinsOf(sandbox)) as [PinnedNamespaceKind | "user", string][];
  return pins
    .filter(([, path]) => !observed.mounted.has(path))
    .map(([kind, path]) => ({
      severity: "problem",
      where: path,
      what: `the ${kind} namespace of ${nameOf(sandbox)} is not pinned any more`,
      why:
        process === undefined
          ? "it is gone, and no container of the pod can start"
          : "containers that run in it go on, and no other of the pod can start",
      advice: "find out who unmounts there; without a repair, delete the pod, and its owner makes another",
      ...mendPin(sandbox, process, { kind, path }, observed),
    }));
}

/** A process of the pod that is alive. */
function findProcess(
  { status }: SandboxRecord,
  containers: readonly ContainerRecord[],
  { isAlive }: ObservedPods,
): ProcessIdentity | undefined {
  const pause = status.phase === "ready" ? status.pause?.init : undefined;
  const inits = containers.map(({ status: own }) => (own.phase === "running" ? own.process.init : undefined));
  return [pause, ...inits].find((init) => init !== undefined && isAlive(init));
}

/** Nobody mends the pod of a shim while it runs. */
function mendPin(
  sandbox: SandboxRecord,
  process: ProcessIdentity | undefined,
  pin: { readonly kind: PinnedNamespaceKind | "user"; readonly path: string },
  { areInside }: ObservedPods,
): Pick<PlannedFinding, "mend"> {
  if (process === undefined) return { mend: { do: "stop-sandbox", id: sandbox.id } };
  return areInside(sandbox) ? { mend: { do: "pin-again", id: sandbox.id, ...pin, process } } : {};
}

function planShm(sandbox: SandboxRecord, observed: ObservedPods): readonly PlannedFinding[] {
  if (sandbox.config.security.namespaces.ipc !== "pod") return [];
  const shm = observed.shmOf(sandbox);
  if (observed.mounted.has(shm)) return [];
  return [
    {
      severity: "warning",
      where: shm,
      what: `/dev/shm of ${nameOf(sandbox)} is not mounted any more`,
      why: "containers that start in the pod do not share it with those that run",
      advice: "find out who unmounts there, and delete the pod: its owner makes another",
    },
  ];
}

/** With the first process of a PID namespace all others end. */
function pauseGone(sandbox: SandboxRecord): PlannedFinding {
  return {
    severity: "problem",
    where: sandbox.id,
    what: `the process that holds the PID namespace of ${nameOf(sandbox)} is gone`,
    why: "the pod's containers ended with it, and none can start",
    advice: "see who killed it (dmesg, for a lack of memory); without a repair, delete the pod",
    mend: { do: "stop-sandbox", id: sandbox.id },
  };
}

function planContainer(container: ContainerRecord, observed: ObservedPods): readonly PlannedFinding[] {
  const root = observed.rootOf(container);
  const isMounted = observed.mounted.has(root);
  const { status } = container;
  const { phase } = status;
  // One that never was started is released when it is removed.
  if (phase === "exited" && isMounted && status.reason !== stoppedBeforeStart) return [notReleased(container, root)];
  if ((phase === "running" || phase === "created") && !isMounted) return [rootGone(container, root)];
  return [];
}

function notReleased({ id, config }: ContainerRecord, root: string): PlannedFinding {
  return {
    severity: "warning",
    where: root,
    what: `container ${config.metadata.name} has ended, and its root is still mounted`,
    why: "it keeps layers and a disk busy",
    advice: "repair it, or remove the container",
    mend: { do: "release-container", id },
  };
}

function rootGone({ config, status }: ContainerRecord, root: string): PlannedFinding {
  const isRunning = status.phase === "running";
  return {
    severity: "problem",
    where: root,
    what: `the root of container ${config.metadata.name} is not mounted any more`,
    why: isRunning ? "it runs on, and commands (exec) may fail in it" : "it cannot start",
    advice: "find out who unmounts there, and remove the container: its pod's owner makes another",
  };
}

function nameOf({ config }: SandboxRecord): string {
  return `pod ${config.metadata.namespace}/${config.metadata.name}`;
}
