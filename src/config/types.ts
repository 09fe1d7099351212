import type { LogLevel } from "#foundation";
import type { OverlayOptions } from "#spec";

/** An address to listen on; port 0 lets the kernel choose. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A unix socket to listen on. */
export interface SocketPath {
  readonly socketPath: string;
}

/** A value of a free table such as a runtime's options. */
export type OptionValue = string | number | boolean | readonly OptionValue[] | { readonly [name: string]: OptionValue };

/** A limit of a process; "unlimited" is 2^64 - 1, as the kernel has it. */
export interface RlimitRange {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** A runtime that pods can name as their handler. */
export interface RuntimeConfig {
  /** oci: an OCI command-line runtime under a monitor; shim: a shim v2 program. */
  readonly type: "oci" | "shim";
  /** Absolute path of the program, or a name that is looked up in PATH. */
  readonly path: string;
  /** Who makes the pods of a shim: crisp, with a container that does nothing, or the shim by its sandbox service. */
  readonly sandboxer: "container" | "shim";
  /** Directory of the runtime's own state; empty: one under the state directory. */
  readonly root: string;
  /** Limits of every container's processes, by the kernel's names in lower case: "nofile". */
  readonly defaultRlimits: { readonly [name: string]: RlimitRange };
  /** Annotations that every container's document has. */
  readonly defaultAnnotations: { readonly [key: string]: string };
  /** Which annotations of pods and containers go into the document: names in which "*" stands for anything. */
  readonly allowedAnnotations: readonly string[];
  /** Whether a container's devices belong to the user that it runs as. */
  readonly deviceOwnershipFromSecurityContext: boolean;
  /** Whether containers may write to their own part of /sys/fs/cgroup. */
  readonly cgroupWritable: boolean;
  /** Whether privileged containers get only the devices that they name. */
  readonly privilegedWithoutHostDevices: boolean;
  /** Directory of the network configurations of its pods; empty: the node's. */
  readonly cniConfDir: string;
  /** Options of the overlay mounts of its containers' root file systems. */
  readonly snapshotOptions: OverlayOptions;
  /** How long the making of a container may take. */
  readonly createTimeoutSeconds: number;
  /** How long every other call may take. */
  readonly callTimeoutSeconds: number;
  /** Options that mean something to this runtime alone. */
  readonly options: { readonly [name: string]: OptionValue };
}

/** How exec, attach and port-forward are served. */
export interface StreamingConfig {
  readonly address: HostPort;
  /** files: the certificate and key named here; self-signed: a pair made anew at each start. */
  readonly tls: "off" | "self-signed" | "files";
  /** Empty unless `tls` is files. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Authority that clients must prove themselves with; empty: anybody who has a URL may come. */
  readonly clientCaFile: string;
  readonly tokenLifeSeconds: number;
  readonly maxTokens: number;
  readonly idleTimeoutSeconds: number;
  readonly creationTimeoutSeconds: number;
  readonly handshakeTimeoutSeconds: number;
  readonly lingerSeconds: number;
  readonly heartbeatSeconds: number;
  readonly maxConnections: number;
  readonly maxStreams: number;
  readonly maxHeaderBytes: number;
  readonly maxPorts: number;
  readonly attachBacklogBytes: number;
}

/** How much of what happened is kept. */
export interface JournalConfig {
  readonly maxAgeHours: number;
  readonly maxSizeMib: number;
}

/** Where traces go. */
export interface TracingConfig {
  /** Base URL of a collector; empty: nothing is traced. */
  readonly endpoint: string;
  readonly samplingRatePerMillion: number;
}

/** Where registries, their mirrors and credentials are described. */
export interface RegistryConfig {
  /** Directories of HOST/hosts.toml. */
  readonly configDirs: readonly string[];
  /** Empty: none is read. */
  readonly registriesConf: string;
  /** Empty: there is none. */
  readonly authFile: string;
}

/** Which ended containers are removed though nobody asked. */
export interface RetentionConfig {
  /** 0: none. */
  readonly maxEndedPerContainer: number;
  readonly minEndedAgeHours: number;
}

/** How images are pulled and kept. */
export interface ImagesConfig {
  readonly maxConcurrentDownloads: number;
  /** Size of the parts that large layers are fetched in; 0: never in parts. */
  readonly rangeMebibytes: number;
  readonly maxRangesPerLayer: number;
  readonly noProgressTimeoutSeconds: number;
  readonly keepBlobs: boolean;
  readonly collectAfterSeconds: number;
  /** Names of images, in which "*" stands for anything. */
  readonly pinned: readonly string[];
  /** A policy.json; empty: any image may be used. */
  readonly signaturePolicy: string;
  /** Directory of NAMESPACE.json; empty: namespaces have no policies of their own. */
  readonly signaturePolicyDir: string;
  readonly signatureLookasideDirs: readonly string[];
}

/** Everything an operator can set, merged and checked. */
export interface Config {
  readonly root: string;
  readonly state: string;
  /** Path of the unix socket, without its scheme. */
  readonly listen: string;
  readonly defaultRuntime: string;
  readonly streaming: StreamingConfig;
  readonly cni: {
    readonly confDir: string;
    /** Template that UpdateRuntimeConfig fills in; empty for none. */
    readonly confTemplate: string;
    readonly binDirs: readonly string[];
    /** Whether no other runtime of the machine uses the networks. */
    readonly ownsNetworks: boolean;
  };
  readonly cdi: { readonly specDirs: readonly string[] };
  readonly blockio: { readonly configFile: string };
  readonly registry: RegistryConfig;
  readonly cgroup: {
    readonly driver: "auto" | "cgroupfs" | "systemd";
    /** Parent of pods that come without one. */
    readonly parent: string;
  };
  readonly monitor: { readonly path: string };
  readonly logs: {
    /** How long a container waits for a full disk of its log before its lines are dropped. */
    readonly fullDiskWaitSeconds: number;
  };
  readonly pods: {
    /** How long the host paths of a container's mounts may take to answer, all together. */
    readonly volumeTimeoutSeconds: number;
    /** How long a killed container may take to be gone before that is a failure. */
    readonly killTimeoutSeconds: number;
  };
  readonly images: ImagesConfig;
  readonly journal: JournalConfig;
  readonly retention: RetentionConfig;
  readonly log: { readonly level: LogLevel };
  /** Undefined: metrics are not served. */
  readonly metrics: { readonly address: HostPort | SocketPath | undefined };
  readonly tracing: TracingConfig;
  readonly runtimes: { readonly [name: string]: RuntimeConfig };
}

/** Where a value came from. */
export type Source =
  | { readonly from: "default" }
  | { readonly from: "file"; readonly file: string; readonly line: number }
  | { readonly from: "environment"; readonly name: string }
  | { readonly from: "flag"; readonly name: string };

/** A configuration that knows where each of its values came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** By key as files spell it: `cni.conf_dir`, `runtimes.runc.path`. */
  readonly provenance: ReadonlyMap<string, Source>;
}

/** The files of the machine, as far as configuration reads them. */
export interface ConfigFiles {
  /** The text of a file; undefined when it does not exist. */
  readText(path: string): Promise<string | undefined>;
  /** The names in a directory; none when it does not exist. */
  list(path: string): Promise<readonly string[]>;
}
