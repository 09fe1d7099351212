/** Which address of a pod with several families is the primary one. */
export type IpPreference = "ipv4" | "ipv6" | "as-listed";

export interface NetworkOptions {
  /** Directory of network configurations; it may come later. */
  readonly confDir: string;
  /** Directories of network configurations that pods of some runtime handlers have instead. @default none */
  readonly handlerConfDirs?: readonly string[];
  /** Template of a configuration, filled in by `usePodCidrs`. @default none */
  readonly confTemplate?: string;
  /** Directories of plugins, in order of search; passed on as CNI_PATH. */
  readonly binDirs: readonly string[];
  /** Directory of the daemon's own that remembers attachments; it must outlive the machine's boot. */
  readonly cacheDir: string;
  /** @default "ipv4", as containerd has it */
  readonly ipPreference?: IpPreference;
  /** Environment of plugins besides the CNI_ variables. @default a PATH of the usual system directories */
  readonly environment?: Readonly<Record<string, string>>;
  /** Deadline of each run of a plugin. @default 60 s */
  readonly pluginTimeoutMs?: number;
  /** Deadline of each STATUS, which a start of the daemon may wait for. @default 5 s */
  readonly statusTimeoutMs?: number;
  /** How long an answer to STATUS is believed. @default 10 s */
  readonly statusMaxAgeMs?: number;
}

/** {@link NetworkOptions} with every default filled in. */
export type NormalizedNetworkOptions = Required<NetworkOptions>;

/** Fills in the defaults. */
export function normalizeNetworkOptions(options: NetworkOptions): NormalizedNetworkOptions {
  return {
    handlerConfDirs: [],
    confTemplate: "",
    ipPreference: "ipv4",
    environment: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    pluginTimeoutMs: 60_000,
    statusTimeoutMs: 5_000,
    statusMaxAgeMs: 10_000,
    ...options,
  };
}
