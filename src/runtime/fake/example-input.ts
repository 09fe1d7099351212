import type { OwnLimits } from "#host";
import type { ContainerConfig, ContainerMount, ContainerSecurity, SandboxConfig } from "#spec";
import type { ContainerSpecInput, HandlerPolicy } from "../spec/input.ts";

export interface ExampleChanges {
  readonly container?: Partial<ContainerConfig>;
  readonly security?: Partial<ContainerSecurity>;
  readonly policy?: Partial<HandlerPolicy>;
  readonly input?: Partial<ContainerSpecInput>;
}

/** Limits of a daemon that has every capability that containers ask for, and may raise no limit. */
export const exampleLimits: OwnLimits = {
  capabilities: new Set(
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_ADMIN NET_RAW SYS_CHROOT SYS_ADMIN MKNOD AUDIT_WRITE SETFCAP"
      .split(" ")
      .map((name) => `CAP_${name}`),
  ),
  oomScoreAdj: -500,
  hardLimits: new Map([["RLIMIT_NOFILE", 20_000n]]),
  canRaiseLimits: false,
};

const namespaces = { network: "pod", pid: "container", ipc: "pod" } as const;
const user = { supplementalGroups: [], supplementalGroupsPolicy: "merge" } as const;

export const exampleSandbox: SandboxConfig = {
  metadata: { name: "web", namespace: "shop", uid: "uid-1", attempt: 0 },
  hostname: "web-0",
  logDirectory: "/var/log/pods/web",
  dns: undefined,
  portMappings: [],
  labels: {},
  annotations: {},
  cgroupParent: "",
  sysctls: {},
  resources: undefined,
  overhead: undefined,
  security: {
    namespaces,
    user,
    isPrivileged: false,
    hasReadonlyRootfs: false,
    seccomp: { kind: "runtime-default" },
    apparmor: undefined,
    selinux: undefined,
  },
};

const exampleSecurity: ContainerSecurity = {
  namespaces,
  user,
  isPrivileged: false,
  hasReadonlyRootfs: false,
  hasNoNewPrivileges: false,
  capabilities: { add: [], drop: [], addAmbient: [] },
  seccomp: { kind: "runtime-default" },
  apparmor: undefined,
  selinux: undefined,
  maskedPaths: ["/proc/kcore"],
  readonlyPaths: ["/proc/sys"],
};

const exampleContainer: ContainerConfig = {
  metadata: { name: "main", attempt: 0 },
  image: { image: "sha256:0", userSpecifiedImage: "busybox:1", annotations: {}, runtimeHandler: "", imageRef: "" },
  command: ["/bin/true"],
  args: [],
  workingDirectory: "",
  environment: [],
  mounts: [],
  devices: [],
  cdiDevices: [],
  labels: {},
  annotations: {},
  logPath: "main/0.log",
  hasStdin: false,
  isStdinOnce: false,
  hasTty: false,
  stopSignal: undefined,
  resources: undefined,
  security: exampleSecurity,
};

const examplePolicy: HandlerPolicy = {
  rlimits: [],
  defaultAnnotations: {},
  allowedAnnotations: [],
  givesDevicesToUser: false,
  hidesHostDevices: false,
  hasWritableCgroup: false,
};

/** A mount of a directory of the machine's, for tests. */
export const exampleMount: ContainerMount = {
  containerPath: "/data",
  hostPath: "/srv/data",
  isReadonly: false,
  isRecursivelyReadonly: false,
  selinuxRelabel: false,
  propagation: "private",
  uidMappings: [],
  gidMappings: [],
  image: undefined,
  imageSubPath: "",
  options: [],
};

/** An ordinary container's input with changes, for tests. */
export function exampleInput({ container, security, policy, input }: ExampleChanges = {}): ContainerSpecInput {
  return {
    sandbox: exampleSandbox,
    container: { ...exampleContainer, ...container, security: { ...exampleSecurity, ...security } },
    image: { entrypoint: [], cmd: [], env: [], workingDirectory: "", user: "", stopSignal: "" },
    rootfsPath: "/rootfs",
    user: { uid: 0, gid: 0, additionalGids: [0] },
    namespaces: { network: "new", ipc: "new", uts: "new", pid: "new" },
    podFiles: {},
    cgroup: { path: "/pods/abc", version: "v1", driver: "cgroupfs", hasHugetlb: false, hasSwapAccounting: false },
    machine: {
      architecture: "amd64",
      kernelRelease: "6.1.0-18-amd64",
      own: exampleLimits,
      hasApparmor: false,
      defaultApparmor: undefined,
      hasSelinux: false,
      hasSeccomp: true,
      hasRdt: false,
      hasRecursiveReadonly: true,
    },
    hostname: "web-0",
    devices: [],
    policy: { ...examplePolicy, ...policy },
    ...input,
  };
}
