export interface MountRequest {
  readonly source: string;
  readonly target: string;
  /** File system type; empty for bind mounts and propagation changes. */
  readonly type: string;
  /** MS_* flags by their fstab names: "ro", "nosuid", "bind", "rbind", "private", "rslave" … */
  readonly flags: readonly string[];
  /** File-system data, as mount(2) takes it. */
  readonly data?: string;
}

/** A tree of files that is to be seen at another place with other owners. */
export interface MappedMountRequest {
  readonly source: string;
  readonly target: string;
  /** File of the user namespace whose mapping says who owns what: an owner in it becomes the node's owner for it. */
  readonly userNamespace: string;
  /** "tree" takes the mounts below along, with the owners that they have. */
  readonly scope: "mount" | "tree";
  /** Whether it gets what is mounted below the source later. Never the other way: taking it down would take that along. */
  readonly propagation: "private" | "slave";
  readonly isReadonly: boolean;
}

/** One line of /proc/self/mountinfo. */
export interface MountEntry {
  readonly target: string;
  readonly root: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
  /** Optional fields: "shared:N", "master:N" … */
  readonly propagation: readonly string[];
}

/** The mount table of the daemon's mount namespace. */
export interface Mounts {
  mount(request: MountRequest): Promise<void>;
  /** Makes an idmapped mount, and its target where that is missing: a file or directory, as the source is. @throws Fault `unsupported` when the kernel or the file system knows none */
  mountMapped(request: MappedMountRequest): Promise<void>;
  /** Detaches a mount (MNT_DETACH | UMOUNT_NOFOLLOW). Not mounted is success. */
  unmount(target: string): Promise<void>;
  list(): Promise<readonly MountEntry[]>;
}
