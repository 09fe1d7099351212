/**
 * Pods and containers as they are asked for, in crisp's words: what CRI's
 * PodSandboxConfig and ContainerConfig mean, decoded and without wire quirks.
 */

/** Whose namespace of a kind is used. */
export type NamespaceMode = "pod" | "container" | "node" | { readonly targetContainer: string };

export interface IdMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

/** How the ids of a user namespace, or of a tree of files, become the node's. */
export interface IdMappings {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

export interface NamespaceModes {
  readonly network: "pod" | "node";
  readonly pid: NamespaceMode;
  readonly ipc: "pod" | "node";
  /** Present when the pod has a user namespace of its own. */
  readonly user?: IdMappings;
}

/** A seccomp or AppArmor profile. */
export type SecurityProfile =
  | { readonly kind: "runtime-default" }
  | { readonly kind: "unconfined" }
  | { readonly kind: "localhost"; readonly ref: string };

export interface SelinuxOptions {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

/** Which groups a process has besides its primary one. */
export type SupplementalGroupsPolicy = "merge" | "strict";

export interface WorkloadUser {
  readonly uid?: number;
  readonly gid?: number;
  readonly username?: string;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy: SupplementalGroupsPolicy;
}

export type IpProtocol = "tcp" | "udp" | "sctp";

export interface PortMapping {
  readonly protocol: IpProtocol;
  readonly containerPort: number;
  /** 0: not mapped to the host. */
  readonly hostPort: number;
  readonly hostIp: string;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface LinuxResources {
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpuShares: number;
  readonly memoryLimitBytes: number;
  readonly memorySwapLimitBytes: number;
  readonly oomScoreAdj: number;
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly hugepageLimits: readonly { readonly pageSize: string; readonly limitBytes: bigint }[];
  /** cgroup v2 files by name. */
  readonly unified: Readonly<Record<string, string>>;
}

/** Limits nothing; as a change, changes nothing. */
export const noResources: LinuxResources = {
  cpuPeriod: 0,
  cpuQuota: 0,
  cpuShares: 0,
  memoryLimitBytes: 0,
  memorySwapLimitBytes: 0,
  oomScoreAdj: 0,
  cpusetCpus: "",
  cpusetMems: "",
  hugepageLimits: [],
  unified: {},
};

export interface SandboxMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

export interface SandboxConfig {
  readonly metadata: SandboxMetadata;
  readonly hostname: string;
  /** Directory of the pod's container logs; empty when none was given. */
  readonly logDirectory: string;
  readonly dns: DnsConfig | undefined;
  readonly portMappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Empty: the daemon's default parent. */
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly resources: LinuxResources | undefined;
  readonly overhead: LinuxResources | undefined;
  readonly security: SandboxSecurity;
}

export interface SandboxSecurity {
  readonly namespaces: NamespaceModes;
  readonly user: WorkloadUser;
  readonly isPrivileged: boolean;
  readonly hasReadonlyRootfs: boolean;
  readonly seccomp: SecurityProfile;
  readonly apparmor: SecurityProfile | undefined;
  readonly selinux: SelinuxOptions | undefined;
}

export type MountPropagation = "private" | "host-to-container" | "bidirectional";

export interface ContainerMount {
  readonly containerPath: string;
  /** Empty for an image volume. */
  readonly hostPath: string;
  readonly isReadonly: boolean;
  readonly isRecursivelyReadonly: boolean;
  readonly selinuxRelabel: boolean;
  readonly propagation: MountPropagation;
  readonly uidMappings: readonly IdMapping[];
  readonly gidMappings: readonly IdMapping[];
  /** The image to mount; undefined for a host path. */
  readonly image: ImageSpec | undefined;
  readonly imageSubPath: string;
  readonly options: readonly string[];
}

export interface ContainerDevice {
  readonly containerPath: string;
  readonly hostPath: string;
  /** Letters of "rwm". */
  readonly permissions: string;
}

export interface CapabilityChanges {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly addAmbient: readonly string[];
}

export interface ContainerSecurity {
  readonly namespaces: NamespaceModes;
  readonly user: WorkloadUser;
  readonly isPrivileged: boolean;
  readonly hasReadonlyRootfs: boolean;
  readonly hasNoNewPrivileges: boolean;
  readonly capabilities: CapabilityChanges;
  readonly seccomp: SecurityProfile;
  readonly apparmor: SecurityProfile | undefined;
  readonly selinux: SelinuxOptions | undefined;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

export interface ImageSpec {
  /** What is to be used: an id, or a reference. */
  readonly image: string;
  /** What the user wrote, for status texts; empty when the caller does not say. */
  readonly userSpecifiedImage: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly runtimeHandler: string;
  /** What the caller knows the image by, to be given back in statuses. */
  readonly imageRef: string;
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: ImageSpec;
  /** Replaces the image's entrypoint when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's command when not empty. */
  readonly args: readonly string[];
  readonly workingDirectory: string;
  readonly environment: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly ContainerMount[];
  readonly devices: readonly ContainerDevice[];
  readonly cdiDevices: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's log directory; empty: no log is kept. */
  readonly logPath: string;
  readonly hasStdin: boolean;
  readonly isStdinOnce: boolean;
  readonly hasTty: boolean;
  /** Name such as "SIGTERM"; undefined: the image's, else SIGTERM. */
  readonly stopSignal: string | undefined;
  readonly resources: LinuxResources | undefined;
  readonly security: ContainerSecurity;
}
