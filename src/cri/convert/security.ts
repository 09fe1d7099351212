import { create } from "@bufbuild/protobuf";
import { assertNever, Fault } from "#foundation";
import {
  type Capability,
  type LinuxContainerSecurityContext,
  LinuxContainerSecurityContextSchema,
  type LinuxSandboxSecurityContext,
  LinuxSandboxSecurityContextSchema,
  NamespaceMode,
  type NamespaceOption,
  SecurityProfile_ProfileType as ProfileType,
  SupplementalGroupsPolicy as ProtoGroupsPolicy,
  type SecurityProfile as ProtoSecurityProfile,
  type SELinuxOption,
  type UserNamespace,
} from "#proto/cri/v1/runtime_pb.js";
import type {
  CapabilityChanges,
  ContainerSecurity,
  NamespaceModes,
  NamespaceMode as PidMode,
  SandboxSecurity,
  SecurityProfile,
  SelinuxOptions,
  SupplementalGroupsPolicy,
  WorkloadUser,
} from "#spec";
import { idMappingFromProto } from "./mount.ts";

const unconfined: SecurityProfile = { kind: "unconfined" };

/** The security half of a sandbox configuration; what is absent has its protobuf default. */
export function sandboxSecurityFromProto(
  context: LinuxSandboxSecurityContext = create(LinuxSandboxSecurityContextSchema),
): SandboxSecurity {
  return {
    namespaces: namespacesFromProto(context.namespaceOptions),
    user: userFromProto(context, ""),
    isPrivileged: context.privileged,
    hasReadonlyRootfs: context.readonlyRootfs,
    seccomp:
      profileFromProto(context.seccomp) ??
      profileFromPath("seccomp_profile_path", context.seccompProfilePath) ??
      unconfined,
    apparmor: profileFromProto(context.apparmor),
    selinux: selinuxFromProto(context.selinuxOptions),
  };
}

/** The security half of a container configuration; without a seccomp profile it is unconfined, as kubelet means it. */
export function containerSecurityFromProto(
  context: LinuxContainerSecurityContext = create(LinuxContainerSecurityContextSchema),
): ContainerSecurity {
  return {
    namespaces: namespacesFromProto(context.namespaceOptions),
    user: userFromProto(context, context.runAsUsername),
    isPrivileged: context.privileged,
    hasReadonlyRootfs: context.readonlyRootfs,
    hasNoNewPrivileges: context.noNewPrivs,
    capabilities: capabilitiesFromProto(context.capabilities),
    seccomp:
      profileFromProto(context.seccomp) ??
      profileFromPath("seccomp_profile_path", context.seccompProfilePath) ??
      unconfined,
    apparmor: profileFromProto(context.apparmor) ?? profileFromPath("apparmor_profile", context.apparmorProfile),
    selinux: selinuxFromProto(context.selinuxOptions),
    maskedPaths: context.maskedPaths,
    readonlyPaths: context.readonlyPaths,
  };
}

function userFromProto(
  context: LinuxSandboxSecurityContext | LinuxContainerSecurityContext,
  username: string,
): WorkloadUser {
  return {
    ...(context.runAsUser === undefined ? {} : { uid: Number(context.runAsUser.value) }),
    ...(context.runAsGroup === undefined ? {} : { gid: Number(context.runAsGroup.value) }),
    ...(username === "" ? {} : { username }),
    supplementalGroups: context.supplementalGroups.map(Number),
    supplementalGroupsPolicy: groupsPolicyFromProto(context.supplementalGroupsPolicy),
  };
}

function capabilitiesFromProto(capability: Capability | undefined): CapabilityChanges {
  return {
    add: capability?.addCapabilities ?? [],
    drop: capability?.dropCapabilities ?? [],
    addAmbient: capability?.addAmbientCapabilities ?? [],
  };
}

function namespacesFromProto(option: NamespaceOption | undefined): NamespaceModes {
  const user = userNamespaceFromProto(option?.usernsOptions);
  return {
    network: podOrNode("network", option?.network),
    pid: pidModeFromProto(option),
    ipc: podOrNode("ipc", option?.ipc),
    ...(user === undefined ? {} : { user }),
  };
}

function podOrNode(kind: string, mode: NamespaceMode = NamespaceMode.POD): "pod" | "node" {
  if (mode === NamespaceMode.POD) return "pod";
  if (mode === NamespaceMode.NODE) return "node";
  throw new Fault("invalid", `namespace_options.${kind}: must be POD or NODE, is ${NamespaceMode[mode] ?? mode}`);
}

function pidModeFromProto(option: NamespaceOption | undefined): PidMode {
  const mode = option?.pid ?? NamespaceMode.POD;
  switch (mode) {
    case NamespaceMode.POD:
      return "pod";
    case NamespaceMode.CONTAINER:
      return "container";
    case NamespaceMode.NODE:
      return "node";
    case NamespaceMode.TARGET:
      if (option === undefined || option.targetId === "") {
        throw new Fault("invalid", "namespace_options.target_id: must not be empty when pid is TARGET");
      }
      return { targetContainer: option.targetId };
    default:
      return assertNever(mode, "namespace_options.pid");
  }
}

function userNamespaceFromProto(user: UserNamespace | undefined): NamespaceModes["user"] {
  if (user === undefined || user.mode === NamespaceMode.NODE) return undefined;
  if (user.mode !== NamespaceMode.POD) {
    throw new Fault("invalid", `namespace_options.userns_options.mode: must be POD or NODE, is ${user.mode}`);
  }
  // An absent mapping is how a client that knows no user namespaces says "the node's".
  if (user.uids.length === 0 && user.gids.length === 0) return undefined;
  return { uids: user.uids.map(idMappingFromProto), gids: user.gids.map(idMappingFromProto) };
}

function groupsPolicyFromProto(policy: ProtoGroupsPolicy): SupplementalGroupsPolicy {
  if (policy === ProtoGroupsPolicy.Merge) return "merge";
  if (policy === ProtoGroupsPolicy.Strict) return "strict";
  throw new Fault("invalid", `supplemental_groups_policy: unknown value ${String(policy)}`);
}

function profileFromProto(profile: ProtoSecurityProfile | undefined): SecurityProfile | undefined {
  if (profile === undefined) return undefined;
  switch (profile.profileType) {
    case ProfileType.RuntimeDefault:
      return { kind: "runtime-default" };
    case ProfileType.Unconfined:
      return { kind: "unconfined" };
    case ProfileType.Localhost:
      return { kind: "localhost", ref: profile.localhostRef };
    default:
      return assertNever(profile.profileType, "security profile type");
  }
}

/** The older form of a profile, one string: "runtime/default", "unconfined", "localhost/NAME"; empty says nothing. */
function profileFromPath(field: string, path: string | undefined): SecurityProfile | undefined {
  if (path === undefined || path === "") return undefined;
  if (path === "unconfined") return unconfined;
  if (path === "runtime/default" || path === "docker/default") return { kind: "runtime-default" };
  if (path.startsWith("localhost/")) return { kind: "localhost", ref: path.slice("localhost/".length) };
  throw new Fault("invalid", `${field}: ${path} must be runtime/default, unconfined or localhost/NAME`);
}

function selinuxFromProto(options: SELinuxOption | undefined): SelinuxOptions | undefined {
  if (options === undefined) return undefined;
  const { user, role, type, level } = options;
  return [user, role, type, level].every((part) => part === "") ? undefined : { user, role, type, level };
}
