import type { ImageId, Logger, Stages } from "#foundation";
import type { Host } from "#host";
import type { ChainId, ImageConfig, RegistryAuth } from "#spec";
import type { Store } from "#store";
import type { ExportedImage, ExportRequest } from "./export/types.ts";
import type { LayerProgress } from "./pull/progress.ts";
import type { OnReceived } from "./registry/repository.ts";
import type { ImageUse } from "./signature/types.ts";

/** An image that came out of an archive. */
export interface ImportedImage {
  readonly id: ImageId;
  /** The names it got, in full; an archive may give it none. */
  readonly names: readonly string[];
}

/** What the image room needs of the others. */
export interface ImagesDeps {
  readonly host: Pick<Host, "files" | "machine" | "processes">;
  readonly store: Store;
  readonly logger: Logger;
  /** Pulls and removals run through these. */
  readonly stages: Stages;
  /** Told of bytes of layers as they come, and of the host that sends them. */
  readonly onReceived?: OnReceived;
}

/** An image that is here, complete. Plain frozen data. */
export interface Image {
  /** Digest of the configuration: the one id of an image everywhere. */
  readonly id: ImageId;
  /** Full names with tag: "docker.io/library/busybox:latest". */
  readonly repoTags: readonly string[];
  /** Full names with the digest of what was pulled: "docker.io/library/busybox@sha256:…". */
  readonly repoDigests: readonly string[];
  /** Disk space of its layers and documents; never 0. */
  readonly sizeBytes: number;
  readonly config: ImageConfig;
  /** Its layers, bottom first. */
  readonly layers: readonly ChainId[];
  /** Annotations of its manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Never to be removed by the kubelet's garbage collection. */
  readonly isPinned: boolean;
}

export interface PullOptions {
  readonly auth?: RegistryAuth;
  /** Kubernetes namespace of the pod that wants the image: it may be under a signature policy of its own. */
  readonly namespace?: string;
  readonly signal?: AbortSignal;
}

export interface ImportOptions {
  readonly signal?: AbortSignal;
}

/** A pull that runs. */
export interface StartedPull {
  readonly id: Promise<ImageId>;
  /** How far it is, layer by layer, bottom first: a live view, empty at first. */
  readonly layers: readonly LayerProgress[];
}

/** Disk use of images, as ImageFsInfo reports it. */
export interface ImagesUsage {
  /** Directory on the file system that holds the images. */
  readonly mountpoint: string;
  readonly usedBytes: bigint;
  readonly inodesUsed: bigint;
}

/**
 * The images of this node.
 *
 * `find`, `list` and `usage` answer from memory. Of the names, `find` takes all
 * that kubelet and crictl use: "busybox", "busybox:1.36", full names, names
 * with digest, "sha256:…", bare hex, and a prefix of at least 6 hex digits that
 * names one image only.
 */
export interface Images {
  /**
   * Pulls an image and returns its id; one that is here is checked for change by its tag.
   *
   * A second pull of the same name and credentials joins the first. A caller
   * that cancels stops the pull only when nobody else waits for it. When it
   * fails, its finished layers wait a while for the next try, except on a full
   * disk; any removal of an image, and the next start, clears them away, too.
   *
   * @throws Fault `invalid` for a bad reference, `not-found`, `denied` (message begins with
   *   "SignatureValidationFailed" when the signature policy keeps it out), `unsupported` (no such platform, schema 1),
   *   `unavailable` (message begins with "RegistryUnavailable" when no endpoint answered), `exhausted`, `canceled`, `timed-out`
   */
  pull(reference: string, options?: PullOptions): Promise<ImageId>;
  /** As `pull`, for those who want to watch. */
  startPull(reference: string, options?: PullOptions): StartedPull;
  /**
   * Takes the images for this node out of an archive (`docker save`, OCI), plain
   * or compressed, or out of the directory of an OCI layout: all of them, or none.
   * An image has the id that it gets when it is pulled.
   *
   * @throws Fault `not-found`; `invalid` for a damaged or hostile archive, `unsupported`, `exhausted`, `canceled`
   */
  import(path: string, options?: ImportOptions): Promise<readonly ImportedImage[]>;
  /**
   * Writes images into an archive (`docker save`, OCI) from which they come with the same ids, anywhere.
   *
   * Layers that are not kept as they were sent are fetched again from the registry that the image came from, with the
   * operator's credentials. A file appears when it is whole; a pipe gets nothing before all has been checked.
   *
   * @throws Fault `not-found` for an image, or a layer that nobody has; `unavailable`, `denied`, `invalid` for a bad path,
   *   `exhausted`, `canceled`
   */
  export(request: ExportRequest, options?: ImportOptions): Promise<readonly ExportedImage[]>;
  find(name: string): Image | undefined;
  /**
   * Checks an image that is here against the signature policy of today, with the signatures that came with its pull;
   * nothing is asked of the network. Without a policy every image may be used.
   *
   * @throws Fault `denied`, whose message begins with "SignatureValidationFailed"; `not-found` when it is not here any more
   */
  assertAllowed(id: ImageId, use: ImageUse): Promise<void>;
  list(): readonly Image[];
  /** Removes an image with all its names. Unknown is success. Layers that a container uses stay until it goes. */
  remove(name: string): Promise<void>;
  usage(): ImagesUsage;
  /** Cancels pulls, waits until they have cleaned up, ends the workers. */
  close(): Promise<void>;
}
