import type { ContainerId, ImageId, SandboxId } from "#foundation";
import { exampleMount } from "#runtime";
import {
  type ContainerConfig,
  type ContainerMount,
  type ContainerSecurity,
  type ImageSpec,
  type LinuxResources,
  type NamespaceModes,
  noResources,
  type SandboxConfig,
} from "#spec";
import type { ContainerRecord, SandboxRecord } from "./records.ts";

/** Whole configurations and records for tests, of which each test says only what it is about. */

const podNamespaces: NamespaceModes = { network: "pod", pid: "container", ipc: "pod" };

const noUser = { supplementalGroups: [], supplementalGroupsPolicy: "merge" } as const;

export function sandboxConfig(changes: Partial<SandboxConfig> = {}): SandboxConfig {
  return {
    metadata: { name: "web", namespace: "default", uid: "uid-1", attempt: 0 },
    hostname: "web",
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
      namespaces: podNamespaces,
      user: noUser,
      isPrivileged: false,
      hasReadonlyRootfs: false,
      seccomp: { kind: "unconfined" },
      apparmor: undefined,
      selinux: undefined,
    },
    ...changes,
  };
}

/** Resources of which nothing is limited, or changed. */
export function linuxResources(changes: Partial<LinuxResources> = {}): LinuxResources {
  return { ...noResources, ...changes };
}

function containerSecurity(changes: Partial<ContainerSecurity> = {}): ContainerSecurity {
  return {
    namespaces: podNamespaces,
    user: noUser,
    isPrivileged: false,
    hasReadonlyRootfs: false,
    hasNoNewPrivileges: false,
    capabilities: { add: [], drop: [], addAmbient: [] },
    seccomp: { kind: "unconfined" },
    apparmor: undefined,
    selinux: undefined,
    maskedPaths: [],
    readonlyPaths: [],
    ...changes,
  };
}

/** A private, writable mount of nothing in particular at /data. */
export function containerMount(changes: Partial<ContainerMount> = {}): ContainerMount {
  return { ...exampleMount, hostPath: "", ...changes };
}

export function imageSpec(image: string): ImageSpec {
  return { image, userSpecifiedImage: image, annotations: {}, runtimeHandler: "", imageRef: "" };
}

export function containerConfig(changes: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    metadata: { name: "main", attempt: 0 },
    image: imageSpec("busybox"),
    command: ["httpd"],
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
    security: containerSecurity(),
    ...changes,
  };
}

export function sandboxRecord(changes: Partial<SandboxRecord> = {}): SandboxRecord {
  return {
    id: "5a".repeat(32) as SandboxId,
    config: sandboxConfig(),
    handler: "",
    definition: "runc",
    createdAtNanos: 1_790_000_000_123_456_789n,
    bootId: "boot-1",
    cgroupParent: "/crisp",
    ownsCgroupParent: true,
    status: { phase: "ready", ips: ["10.0.0.2"] },
    ...changes,
  };
}

export function containerRecord(changes: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    id: "c0".repeat(32) as ContainerId,
    sandboxId: "5a".repeat(32) as SandboxId,
    config: containerConfig(),
    createdAtNanos: 1_790_000_000_223_456_789n,
    imageId: `sha256:${"1a".repeat(32)}` as ImageId,
    imageRef: `docker.io/library/busybox@sha256:${"2b".repeat(32)}`,
    logPath: "/var/log/pods/web/main/0.log",
    stopSignal: 15,
    user: { uid: 0, gid: 0, additionalGids: [] },
    status: { phase: "created" },
    ...changes,
  };
}
