import { randomUUID } from "node:crypto";
import path from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ContainerConfigSchema,
  type LinuxContainerResourcesSchema,
  NamespaceMode,
  type PodSandboxConfigSchema,
  type SecurityProfileSchema,
  type UserNamespaceSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { Workspace } from "./workspace.ts";

type Plain<Init> = Exclude<Init, { $typeName: string }>;

export type PodConfig = Plain<MessageInitShape<typeof PodSandboxConfigSchema>>;
export type ContainerConfig = Plain<MessageInitShape<typeof ContainerConfigSchema>>;

/** Whose namespaces are used. @default those of a plain pod: network and IPC of the pod, processes of each container */
export interface Namespaces {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly usernsOptions?: MessageInitShape<typeof UserNamespaceSchema>;
}

export type PodChanges = Omit<PodConfig, "linux"> &
  SecurityChanges & {
    /** @default the workspace's, which all its pods share */
    readonly cgroupParent?: string;
    /** What its containers have together. */
    readonly resources?: MessageInitShape<typeof LinuxContainerResourcesSchema>;
  };

interface SecurityChanges {
  readonly namespaces?: Namespaces | undefined;
  /** @default false */
  readonly isPrivileged?: boolean | undefined;
}

export type ContainerChanges = Omit<ContainerConfig, "linux"> &
  SecurityChanges & {
    /** @default the image's */
    readonly user?: { readonly uid: bigint; readonly gid: bigint };
    readonly resources?: MessageInitShape<typeof LinuxContainerResourcesSchema>;
    readonly apparmor?: MessageInitShape<typeof SecurityProfileSchema>;
  };

/** A PodSandboxConfig as kubelet would send it, with logs and cgroup inside the workspace. */
export function podConfig(workspace: Workspace, name: string, changes: PodChanges = {}): PodConfig {
  const { namespaces, isPrivileged, resources, cgroupParent = workspace.cgroupParent, ...others } = changes;
  const uid = randomUUID();
  return {
    metadata: { name, namespace: "default", uid, attempt: 0 },
    hostname: name,
    logDirectory: path.join(workspace.dir, "logs", `default_${name}_${uid}`),
    labels: { "io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": "default", "io.kubernetes.pod.uid": uid },
    ...others,
    linux: {
      cgroupParent,
      ...(resources === undefined ? {} : { resources }),
      securityContext: securityContextOf({ namespaces, isPrivileged }),
    },
  };
}

/** A ContainerConfig that runs a command of an image and logs to `NAME/0.log`. */
export function containerConfig(
  name: string,
  image: string,
  command: readonly string[],
  changes: ContainerChanges = {},
): ContainerConfig {
  const { namespaces, isPrivileged, user, apparmor, resources = { cpuShares: 100n }, ...others } = changes;
  return {
    metadata: { name, attempt: 0 },
    image: { image, userSpecifiedImage: image },
    command: [...command],
    labels: { "io.kubernetes.container.name": name },
    logPath: `${name}/0.log`,
    ...others,
    linux: {
      resources,
      securityContext: {
        ...securityContextOf({ namespaces, isPrivileged }),
        ...(apparmor === undefined ? {} : { apparmor }),
        ...(user === undefined ? {} : { runAsUser: { value: user.uid }, runAsGroup: { value: user.gid } }),
      },
    },
  };
}

interface SecurityContext {
  readonly privileged: boolean;
  readonly namespaceOptions: Namespaces;
}

/** kubelet sends all of it to sandbox and container alike. */
function securityContextOf({ namespaces = {}, isPrivileged = false }: SecurityChanges): SecurityContext {
  const { network = NamespaceMode.POD, pid = NamespaceMode.CONTAINER, ipc = NamespaceMode.POD } = namespaces;
  return { privileged: isPrivileged, namespaceOptions: { ...namespaces, network, pid, ipc } };
}
