import { join } from "node:path";
import type { ContainerId, SandboxId } from "#foundation";

/** Where the volatile parts of pods live: below the state directory, gone after a reboot, but for what is too large for that. */
export interface PodPaths {
  sandbox(id: SandboxId): SandboxPaths;
  container(id: ContainerId): ContainerPaths;
  /** Where a container's checkpoint is put together, on the store's disk: it is as large as the container's memory. */
  checkpoint(id: ContainerId): string;
}

export interface SandboxPaths {
  readonly directory: string;
  readonly userns: string;
  readonly netns: string;
  readonly ipcns: string;
  readonly utsns: string;
  readonly resolvConf: string;
  readonly hostname: string;
  readonly hosts: string;
  readonly shm: string;
  /** Bundle of the process that a pod has of its own; named by its id, as shims expect of every bundle. */
  readonly pauseBundle: string;
}

export interface ContainerPaths {
  /** OCI bundle: config.json, the monitor's files, and the mounted root. */
  readonly bundle: string;
  readonly rootfs: string;
}

export function createPodPaths(stateDirectory: string, storeDirectory: string): PodPaths {
  const sandboxes = join(stateDirectory, "sandboxes");
  return {
    sandbox(id) {
      const directory = `${sandboxes}/${id}`;
      // Not joined: that takes ten times as long, and each pod is asked for at every scrape.
      return {
        directory,
        userns: `${directory}/ns/user`,
        netns: `${directory}/ns/net`,
        ipcns: `${directory}/ns/ipc`,
        utsns: `${directory}/ns/uts`,
        resolvConf: `${directory}/resolv.conf`,
        hostname: `${directory}/hostname`,
        hosts: `${directory}/hosts`,
        shm: `${directory}/shm`,
        pauseBundle: `${directory}/${id}`,
      };
    },
    container(id) {
      const bundle = join(stateDirectory, "containers", id);
      return { bundle, rootfs: join(bundle, "rootfs") };
    },
    checkpoint: (id) => join(checkpointsIn(storeDirectory), id),
  };
}

/** Where checkpoints are put together. */
export function checkpointsIn(storeDirectory: string): string {
  return join(storeDirectory, "checkpoints");
}
