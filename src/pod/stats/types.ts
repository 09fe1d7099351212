import type { CgroupDetail, CgroupUsage, FilesystemUsage, TaskSurvey } from "#host";
import type { ToldDetail } from "#runtime";
import type { InterfaceCounters } from "#spec";
import type { ContainerView, SandboxView } from "../engine.ts";

/** What a container has used. */
export interface ContainerStats {
  readonly container: ContainerView;
  /** Undefined when it does not run. */
  readonly sample: UsageSample | undefined;
  /** What it wrote into its root; undefined until it was measured for the first time. */
  readonly writableLayer: LayerUsage | undefined;
}

/** What a cgroup had used at a moment. */
export interface UsageSample {
  readonly takenAtNanos: bigint;
  readonly usage: CgroupUsage;
  /** Billionths of a processor, over the time since the sample before; undefined without one. */
  readonly nanoCores: bigint | undefined;
}

export interface LayerUsage {
  readonly measuredAtNanos: bigint;
  /** Directory on the file system that holds it. */
  readonly mountpoint: string;
  readonly usedBytes: bigint;
  readonly inodes: bigint;
}

/** What the tasks of a container were at and had open at a moment. */
export interface TaskCensus {
  readonly takenAtNanos: bigint;
  readonly tasks: TaskSurvey;
  /** How many files its first process may have open; undefined when that has ended. */
  readonly openFilesLimit: bigint | undefined;
  readonly load: LoadAverages;
}

/** Tasks in a state, averaged over the last ten seconds. */
export interface LoadAverages {
  readonly running: number;
  readonly uninterruptible: number;
}

/** What a pod has used, its containers included. */
export interface SandboxStats {
  readonly sandbox: SandboxView;
  readonly sample: UsageSample;
  /** Undefined when it uses the node's network. */
  readonly network: NetworkSample | undefined;
  readonly processCount: number;
  readonly containers: readonly SandboxContainerStats[];
}

/** What one of a pod's containers has used. */
export interface SandboxContainerStats extends ContainerStats {
  readonly processCount: number;
  /** The rest of what its runtime tells; undefined when it has a cgroup of this machine. */
  readonly told: ToldDetail | undefined;
}

export interface NetworkSample {
  readonly takenAtNanos: bigint;
  /** Without the loopback; that of the pod's address first. */
  readonly interfaces: readonly InterfaceCounters[];
}

/** All there is to know of a pod. */
export interface SandboxDetail {
  readonly stats: SandboxStats;
  readonly cgroupPath: string;
  readonly containers: readonly ContainerDetail[];
  /** The file system that holds the writable layers. */
  readonly disk: LayerDisk;
}

export interface LayerDisk extends FilesystemUsage {
  /** What it is on: `/dev/sda1`. */
  readonly device: string;
}

/** All there is to know of a container that runs. */
export interface ContainerDetail extends SandboxContainerStats {
  readonly sample: UsageSample;
  readonly cgroupPath: string;
  readonly detail: CgroupDetail;
  /** Undefined until they were counted for the first time. */
  readonly census: TaskCensus | undefined;
}
