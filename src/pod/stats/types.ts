import type { CgroupDetail, CgroupUsage, FilesystemUsage } from "#host";
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

/** What a pod has used, its containers included. */
export interface SandboxStats {
  readonly sandbox: SandboxView;
  readonly sample: UsageSample;
  /** Undefined when it uses the node's network. */
  readonly network: NetworkSample | undefined;
  readonly processCount: number;
  readonly containers: readonly ContainerStats[];
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
  readonly disk: FilesystemUsage;
}

/** All there is to know of a container that runs. */
export interface ContainerDetail extends ContainerStats {
  readonly sample: UsageSample;
  readonly cgroupPath: string;
  readonly detail: CgroupDetail;
  readonly processCount: number;
}
