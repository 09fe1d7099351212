import type { ContainerId, ImageId, Leftover, SandboxId } from "#foundation";
import { messageOf } from "#foundation";
import type { ProcessIdentity } from "#host";
import type { ContainerConfig, SandboxConfig } from "#spec";
import type { Durability } from "#store";

/**
 * Durability of the moves between the first record of an object and its end.
 *
 * They need not outlive the machine's boot, since nothing of a pod does. The
 * first record must: leases and snapshots on disk are found again by it. So must
 * an exit: a job that has succeeded must not run again.
 */
export const untilReboot: Durability = "crash";

/**
 * The life of a sandbox.
 *
 * ```
 *            run fails, undo fails
 *  creating ───────────────────────▶ stopping ──▶ stopped ──▶ (removed)
 *     │                                 ▲
 *     └────────────▶ ready ─────────────┘
 * ```
 *
 * `creating` is the intent: everything that the run may leave on the machine can
 * be found from the record. `stopping` holds until the last resource was given
 * back, however many attempts that takes; CRI sees it as NOTREADY.
 */
export type SandboxStatus =
  | { readonly phase: "creating" }
  | { readonly phase: "ready"; readonly ips: readonly string[]; readonly pause?: MonitoredProcess }
  | { readonly phase: "stopping"; readonly problem?: string }
  | { readonly phase: "stopped" };

/** A process of a pod together with the monitor that waits for it. */
export interface MonitoredProcess {
  readonly init: ProcessIdentity;
  readonly monitor: ProcessIdentity;
  /** The cgroup of all its processes. */
  readonly cgroupPath: string;
}

export interface SandboxRecord {
  readonly id: SandboxId;
  readonly config: SandboxConfig;
  /** Name of the runtime handler, as it was asked for: empty means the default. */
  readonly handler: string;
  /** Definition of the handler that it is made with, whatever the name means by now. */
  readonly definition: string;
  readonly createdAtNanos: bigint;
  /** Boot in which it was made: of another boot, nothing of it can be alive. */
  readonly bootId: string;
  /** Cgroup that its containers are put under. */
  readonly cgroupParent: string;
  /** Whether that cgroup is ours to remove: it did not exist before. */
  readonly ownsCgroupParent: boolean;
  /** Its making was cut off by the end of a daemon, and recovery takes it away: nobody has its id. */
  readonly isDiscarded?: true;
  readonly status: SandboxStatus;
}

/**
 * The life of a container.
 *
 * ```
 *  creating ──▶ created ──▶ starting ──▶ running ──▶ exited ──▶ (removed)
 *                  │            └───────────────────────▲
 *                  └────────────────────────────────────┘ stopped before it was started
 * ```
 *
 * A start that fails ends in `exited` with code 128, never back in `created`:
 * kubelet would try again without back-off.
 */
export type ContainerStatus =
  | { readonly phase: "creating" }
  | { readonly phase: "created" }
  | { readonly phase: "starting" }
  | RunningStatus
  | ExitedStatus;

export interface RunningStatus {
  readonly phase: "running";
  readonly startedAtNanos: bigint;
  readonly process: MonitoredProcess;
  /** Set while it is being stopped: when it is killed if it has not ended by then. */
  readonly killAtNanos?: bigint;
}

export interface ExitedStatus {
  readonly phase: "exited";
  /** 0 when it never ran. */
  readonly startedAtNanos: bigint;
  readonly finishedAtNanos: bigint;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

/** Who the process of a container runs as, after names were looked up in its image. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

export interface ContainerRecord {
  readonly id: ContainerId;
  readonly sandboxId: SandboxId;
  readonly config: ContainerConfig;
  readonly createdAtNanos: bigint;
  readonly imageId: ImageId;
  /** Repository digest of the image, else its id: what the API shows as imageID. */
  readonly imageRef: string;
  /** Absolute; empty when no log is kept. */
  readonly logPath: string;
  /** Number of the signal that asks it to end. */
  readonly stopSignal: number;
  readonly user: ResolvedUser | undefined;
  /** Set while a checkpoint of it is written: it may stand still, and there are files that only this tells of. */
  readonly checkpoint?: { readonly temporary: string } | undefined;
  /** Its making was cut off by the end of a daemon, and recovery takes it away: nobody has its id. */
  readonly isDiscarded?: true;
  readonly status: ContainerStatus;
}

/** The words for what could not be taken back, for the record of a sandbox. */
export function describeLeftovers(leftovers: readonly Leftover[]): string {
  return leftovers
    .map(({ name, error }) => (error === undefined ? `${name}: held back` : `${name}: ${messageOf(error)}`))
    .join("; ");
}
