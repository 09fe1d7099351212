/**
 * Names inside of a checkpoint's archive, as the field's runtimes and tools have them.
 *
 * @see https://github.com/checkpoint-restore/checkpointctl/blob/v1.4.0/lib/metadata.go
 */
export const checkpointNames = {
  /** What was checkpointed: a {@link CheckpointConfig}. */
  config: "config.dump",
  /** The container's config.json. */
  spec: "spec.dump",
  /** Directory of the images. */
  images: "checkpoint",
  /** Archive of what the container has written into its root. */
  changes: "rootfs-diff.tar",
  /** List of what it has removed there, in JSON: absolute paths. */
  removed: "deleted.files",
  /** What the program that wrote the images says of it. */
  dumpLog: "dump.log",
  /** The container's log, as containerd names it. */
  containerLog: "container.log",
} as const;

/** What `config.dump` says. Times are as RFC 3339 has them. */
export interface CheckpointConfig {
  readonly id: string;
  readonly name: string;
  /** The image as it was asked for. */
  readonly rootfsImage: string;
  readonly rootfsImageRef: string;
  readonly rootfsImageName: string;
  readonly runtime: string;
  readonly createdTime: string;
  readonly checkpointedTime: string;
  readonly restoredTime: string;
  readonly restored: boolean;
}

/** The time of what has not happened. */
export const neverTime = "0001-01-01T00:00:00Z";
