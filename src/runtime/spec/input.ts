import type { CgroupVersion, MountEntry, OwnLimits } from "#host";
import type { ContainerConfig, IdMappings, OciBlockIo, OciRlimit, OciSpec, SandboxConfig, SeccompProfile } from "#spec";
import type { CdiInjection } from "./inject-cdi.ts";

/** What the image says about its program; all may be empty. */
export interface ImageDefaults {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** Entries "KEY=value". */
  readonly env: readonly string[];
  readonly workingDirectory: string;
  /** USER as written: "user", "uid", "user:group", "uid:gid" …; empty is root. */
  readonly user: string;
  /** STOPSIGNAL as written: "SIGTERM", "15"; empty is none. */
  readonly stopSignal: string;
}

/** A user as numbers, see `resolveUser`. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** Where a namespace comes from: the machine's, a new one, or an existing one. */
export type NamespaceSource = "host" | "new" | { readonly path: string };

export interface ContainerNamespaces {
  /** The user namespace of the pod, which owns the others; absent: the machine's. */
  readonly user?: { readonly path: string; readonly mappings: IdMappings };
  readonly network: NamespaceSource;
  readonly ipc: NamespaceSource;
  readonly uts: NamespaceSource;
  readonly pid: NamespaceSource;
}

/** Files of the pod that appear in each of its containers unless a mount of the request covers them. */
export interface PodFiles {
  readonly resolvConf?: string;
  readonly hostname?: string;
  readonly hosts?: string;
  /** Directory that becomes /dev/shm. */
  readonly shm?: string;
}

/** A device node of the machine. */
export interface HostDevice {
  readonly path: string;
  readonly type: "c" | "b";
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface CgroupPlace {
  /** Begins with "/", from the tree's root; the name of the container is its last element. */
  readonly path: string;
  readonly version: CgroupVersion;
  readonly driver: "cgroupfs" | "systemd";
  readonly hasHugetlb: boolean;
  readonly hasSwapAccounting: boolean;
}

/** What the machine has and the daemon may give away. */
export interface MachineFacts {
  readonly architecture: "amd64" | "arm64";
  readonly kernelRelease: string;
  readonly own: OwnLimits;
  /** Capabilities that the runtime knows; all where it does not tell. */
  readonly knownCapabilities?: ReadonlySet<string>;
  readonly hasApparmor: boolean;
  /** Profile of containers that name none; undefined where there is none, or it could not be loaded. */
  readonly defaultApparmor: string | undefined;
  readonly hasSelinux: boolean;
  readonly hasSeccomp: boolean;
  /** Whether the kernel's classes of cache and memory bandwidth are mounted. */
  readonly hasRdt: boolean;
  /** Whether runtime and kernel can make a mount read-only with all below it. */
  readonly hasRecursiveReadonly: boolean;
}

/** What an operator wants of all containers of a handler. */
export interface HandlerPolicy {
  readonly rlimits: readonly OciRlimit[];
  readonly defaultAnnotations: Readonly<Record<string, string>>;
  /** Names of annotations that the runtime is given; "*" stands for anything. */
  readonly allowedAnnotations: readonly string[];
  /** Whether devices belong to the container's user. */
  readonly givesDevicesToUser: boolean;
  /** Whether privileged containers get no devices of the machine but those that they name. */
  readonly hidesHostDevices: boolean;
  readonly hasWritableCgroup: boolean;
}

/** Everything that decides a container's config.json. */
export interface ContainerSpecInput {
  readonly sandbox: SandboxConfig;
  readonly container: ContainerConfig;
  readonly image: ImageDefaults;
  readonly rootfsPath: string;
  readonly user: ResolvedUser;
  readonly namespaces: ContainerNamespaces;
  readonly podFiles: PodFiles;
  readonly cgroup: CgroupPlace;
  readonly machine: MachineFacts;
  /** The hostname inside, for HOSTNAME. */
  readonly hostname: string;
  /** Nodes that the request's device paths name; a directory stands for what is below it. Privileged: all of the machine's. */
  readonly devices: readonly HostDevice[];
  readonly policy: HandlerPolicy;
  /** What the container's class of block I/O means here. */
  readonly blockio?: OciBlockIo;
  /** What the container's CDI devices add. */
  readonly cdi?: CdiInjection;
  /** The profile that a localhost reference names. */
  readonly localhostSeccomp?: SeccompProfile;
  /** The machine's mounts; needed only when a mount asks for propagation. */
  readonly hostMounts?: readonly MountEntry[];
}

/** Something that was asked for and could be granted only in part. */
export interface Clamp {
  readonly what: "capability" | "oom-score-adj" | "rlimit";
  readonly asked: string;
  /** Empty: nothing was granted. */
  readonly granted: string;
}

export interface ContainerSpec {
  readonly spec: OciSpec;
  readonly clamped: readonly Clamp[];
}
