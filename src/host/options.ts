/** What the linux host is told; it reads nothing from its own environment. */
export interface LinuxHostOptions {
  /** Directories in which programs are looked up, as a PATH: the one programs are started with, too. */
  readonly path: string;
  /** Where the cgroup tree, or the trees of cgroup v1, are mounted. @default "/sys/fs/cgroup" */
  readonly cgroupRoot?: string;
  /**
   * Makes this whole process the parent of what its descendants leave behind, so that `adopt` works; for a process that
   * starts programs through this host alone.
   * @default false
   */
  readonly adoptsOrphans?: boolean;
}
