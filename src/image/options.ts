import { type ProxyRules, parseProxyRules } from "#spec";

/** Where the policies are that say which images may be used. With neither file nor directory, any may. */
export interface SignatureSettings {
  /** containers' policy.json; empty: none. */
  readonly policyFile: string;
  /** Directory of NAMESPACE.json, each a policy that counts instead for the pods of its namespace; empty: none. */
  readonly policyDir: string;
  /** Directories of registries.d files, which say where signatures are. */
  readonly lookasideDirs: readonly string[];
  /** Directory of our own for what a check needs while it runs. Emptied at the start. */
  readonly scratchDirectory: string;
}

/** How images are pulled and unpacked. Everything has a default. */
export interface ImageOptions {
  /**
   * Directories with `HOST/hosts.toml`; the first that knows a registry decides. Read anew at every pull.
   *
   * @default []
   */
  readonly registryConfigDirs?: readonly string[];
  /**
   * A registries.conf of containers' tools, with drop-ins in the directory of its name and ".d"; empty: none. Read anew
   * at every pull. A registry's own hosts.toml goes before it, except that what it blocks is blocked.
   *
   * @default ""
   */
  readonly registriesConf?: string;
  /** Credentials in docker's format, for pulls that bring none; empty: none. Read anew at every pull. @default "" */
  readonly authFile?: string;
  /** Proxies that registries are asked through. @default none */
  readonly proxies?: ProxyRules;
  /** Connections that download layers at once, over all pulls. @default 6 */
  readonly maxDownloads?: number;
  /** Size of the parts that a large layer is fetched in, side by side; 0 fetches every layer as a whole. @default 16 MiB */
  readonly rangeBytes?: number;
  /** Parts of one layer that are fetched at once, where `maxDownloads` leaves room. @default 4 */
  readonly maxRangesPerLayer?: number;
  /** What one connection must give for its layer to be fetched by it alone. @default 64 KiB in a millisecond */
  readonly fastBytesPerMs?: number;
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
  /**
   * How long a host that gave no answer is left out while others can be asked; it doubles with each further silence, up
   * to twelve times as long.
   *
   * @default 10 s
   */
  readonly silentHostPauseMs?: number;
  /** Times that an endpoint is asked again after 429, 5xx or a broken connection. @default 3 */
  readonly maxRetries?: number;
  /** First pause before a retry; it doubles. @default 500 ms */
  readonly retryDelayMs?: number;
  /** Most bytes of one unpacked layer. @default 128 GiB */
  readonly maxLayerBytes?: number;
  /** Most entries in one layer. @default 1,000,000 */
  readonly maxLayerEntries?: number;
  /** Which images may be used; any when absent. */
  readonly signatures?: SignatureSettings;
  /** Module that an unpacking thread runs; a bundle passes its own. @default the source beside this file */
  readonly unpackWorker?: URL;
}

/** Options with every default filled in. */
export type NormalizedImageOptions = Required<Omit<ImageOptions, "signatures">>;

const mebibyte: number = 1024 ** 2;
const gibibyte: number = 1024 ** 3;

const defaults: Omit<NormalizedImageOptions, "proxies" | "unpackWorker"> = {
  registryConfigDirs: [],
  registriesConf: "",
  authFile: "",
  maxDownloads: 6,
  rangeBytes: 16 * mebibyte,
  maxRangesPerLayer: 4,
  fastBytesPerMs: 65_536,
  maxUnpackers: 2,
  unpackerIdleMs: 5_000,
  collectAfterMs: 600_000,
  keepBlobs: false,
  pinnedImages: [],
  connectTimeoutMs: 30_000,
  noProgressTimeoutMs: 300_000,
  silentHostPauseMs: 10_000,
  maxRetries: 3,
  retryDelayMs: 500,
  maxLayerBytes: 128 * gibibyte,
  maxLayerEntries: 1_000_000,
};

export function normalizeImageOptions(options: ImageOptions): NormalizedImageOptions {
  // A bundle has no source beside itself, and passes its own.
  const unpackWorker = options.unpackWorker ?? new URL("./unpack/worker.ts", import.meta.url);
  return { ...defaults, proxies: parseProxyRules(), ...options, unpackWorker };
}
