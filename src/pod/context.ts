import type { Clock, KeyedLock, Logger, Stages } from "#foundation";
import type { Host } from "#host";
import type { Images } from "#image";
import type { Network } from "#network";
import type { RuntimeFeatures } from "#runtime";
import type { RecordTable, Snapshots, Store } from "#store";
import type { ClampLog } from "./clamps.ts";
import type { RunningCheckpoints } from "./container/checkpoint/running-checkpoints.ts";
import type { OomLedger } from "./container/oom-ledger.ts";
import type { Supervisor } from "./container/supervisor.ts";
import type { Handlers } from "./handlers.ts";
import type { KernelFacts } from "./kernel-facts.ts";
import type { MappingSupport } from "./mapping-support.ts";
import type { PodPaths } from "./paths.ts";
import type { ContainerRecord, SandboxRecord } from "./records.ts";
import type { RetentionPolicy } from "./retention/plan.ts";
import type { StopRetries } from "./sandbox/stop-retries.ts";
import type { Views } from "./views.ts";

export interface PodOptions {
  /** Directory of what is gone after a reboot: namespaces, bundles, shm. */
  readonly stateDirectory: string;
  /** Directory of programs of crisp's own, on a file system that lets programs run. */
  readonly programDirectory: string;
  /** Cgroup that pods without a parent of their own are put under; begins with "/". */
  readonly cgroupParent: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly retention: RetentionPolicy;
  /** Whether no other runtime has pods on the networks: then plugins may free what is not of ours. */
  readonly ownsNetworks: boolean;
  /** How long the host paths of a container's mounts may take to answer, all together: a dead file server never does. */
  readonly volumeTimeoutMs: number;
  /** How long a killed container may take to be gone: longer means that a process hangs in the kernel. */
  readonly killTimeoutMs: number;
  /** Where CDI files are, the ones that count more last. */
  readonly cdiDirectories: readonly string[];
  /** File of the classes of block I/O; empty: none. */
  readonly blockioFile: string;
}

/** What every act on pods works with. */
export interface PodContext {
  readonly options: PodOptions;
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Every act and each of its stages runs through these. */
  readonly stages: Stages;
  readonly sandboxes: RecordTable<SandboxRecord>;
  readonly containers: RecordTable<ContainerRecord>;
  readonly images: Pick<Images, "find" | "assertAllowed">;
  readonly snapshots: Snapshots;
  readonly holdings: Pick<Store, "hold" | "release">;
  readonly network: Network;
  readonly handlers: Handlers;
  readonly paths: PodPaths;
  readonly views: Views;
  readonly kernel: KernelFacts;
  readonly clamps: ClampLog;
  /** Whether layers can be shown with other owners. */
  readonly mapping: MappingSupport;
  /** What each handler can do, by its definition, as the latest probe found. */
  readonly features: ReadonlyMap<string, RuntimeFeatures>;
  /** One act at a time on a sandbox (`run`, `stop`, `remove`) and on a container (`create`, `start`, `remove`). */
  readonly locks: KeyedLock;
  readonly supervisor: Supervisor;
  /** Out-of-memory kills, where cgroups go with their last process. */
  readonly ooms: OomLedger | undefined;
  readonly stopRetries: StopRetries;
  readonly checkpoints: RunningCheckpoints;
}
