/** How images are pulled and unpacked. Everything has a default. */
export interface ImageOptions {
  /**
   * Directories with `HOST/hosts.toml`; the first that knows a registry decides. Read anew at every pull.
   *
   * @default []
   */
  readonly registryConfigDirs?: readonly string[];
  /** Layers that download at once, over all pulls. @default 6 */
  readonly maxDownloads?: number;
  /** Threads that unpack. @default 2 */
  readonly maxUnpackers?: number;
  /** Time after which an idle unpacking thread ends. @default 5 s */
  readonly unpackerIdleMs?: number;
  /** Time between collections of what nobody needs, and between a failed pull and the next one. @default 10 min */
  readonly collectAfterMs?: number;
  /** Keeps compressed layers beside the unpacked ones. @default false */
  readonly keepBlobs?: boolean;
  /** Images that are reported as pinned: names as `find` takes them, or full names with "*" for anything. @default [] */
  readonly pinnedImages?: readonly string[];
  /** @default 30 s */
  readonly connectTimeoutMs?: number;
  /** Longest time without a byte, in headers and bodies. @default 5 min */
  readonly noProgressTimeoutMs?: number;
  /** Times that an endpoint is asked again after 429, 5xx or a broken connection. @default 3 */
  readonly maxRetries?: number;
  /** First pause before a retry; it doubles. @default 500 ms */
  readonly retryDelayMs?: number;
  /** Most bytes of one unpacked layer. @default 128 GiB */
  readonly maxLayerBytes?: number;
  /** Most entries in one layer. @default 1,000,000 */
  readonly maxLayerEntries?: number;
  /** Module that an unpacking thread runs; a bundle passes its own. @default the source beside this file */
  readonly unpackWorker?: URL;
}

/** Options with every default filled in. */
export type NormalizedImageOptions = Required<ImageOptions>;

const gibibyte: number = 1024 ** 3;

export function normalizeImageOptions(options: ImageOptions): NormalizedImageOptions {
  return {
    registryConfigDirs: options.registryConfigDirs ?? [],
    maxDownloads: options.maxDownloads ?? 6,
    maxUnpackers: options.maxUnpackers ?? 2,
    unpackerIdleMs: options.unpackerIdleMs ?? 5_000,
    collectAfterMs: options.collectAfterMs ?? 600_000,
    keepBlobs: options.keepBlobs ?? false,
    pinnedImages: options.pinnedImages ?? [],
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    noProgressTimeoutMs: options.noProgressTimeoutMs ?? 300_000,
    maxRetries: options.maxRetries ?? 3,
    retryDelayMs: options.retryDelayMs ?? 500,
    maxLayerBytes: options.maxLayerBytes ?? 128 * gibibyte,
    maxLayerEntries: options.maxLayerEntries ?? 1_000_000,
    unpackWorker: options.unpackWorker ?? new URL("./unpack/worker.ts", import.meta.url),
  };
}
