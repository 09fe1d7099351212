import { create } from "@bufbuild/protobuf";
import { assertNever } from "#foundation";
import type { SandboxView } from "#pod";
import {
  NamespaceMode,
  type NamespaceOption,
  NamespaceOptionSchema,
  type PodSandbox,
  type PodSandboxMetadata,
  PodSandboxMetadataSchema,
  PodSandboxSchema,
  PodSandboxState,
  type PodSandboxStatus,
  PodSandboxStatusSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { NamespaceModes, NamespaceMode as PidMode, SandboxMetadata } from "#spec";
import { idMappingToProto } from "./mount.ts";

/** A sandbox as an item of a list. */
export function sandboxItemToProto(sandbox: SandboxView): PodSandbox {
  return create(PodSandboxSchema, {
    id: sandbox.id,
    metadata: sandboxMetadataToProto(sandbox.config.metadata),
    state: stateToProto(sandbox),
    createdAt: sandbox.createdAtNanos,
    labels: { ...sandbox.config.labels },
    annotations: { ...sandbox.config.annotations },
    runtimeHandler: sandbox.handler,
  });
}

/** A sandbox in full. */
export function sandboxStatusToProto(sandbox: SandboxView): PodSandboxStatus {
  const [ip = "", ...additionalIps] = sandbox.ips;
  return create(PodSandboxStatusSchema, {
    id: sandbox.id,
    metadata: sandboxMetadataToProto(sandbox.config.metadata),
    state: stateToProto(sandbox),
    createdAt: sandbox.createdAtNanos,
    network: { ip, additionalIps: additionalIps.map((additional) => ({ ip: additional })) },
    linux: { namespaces: { options: namespacesToProto(sandbox.config.security.namespaces) } },
    labels: { ...sandbox.config.labels },
    annotations: { ...sandbox.config.annotations },
    runtimeHandler: sandbox.handler,
  });
}

function sandboxMetadataToProto(metadata: SandboxMetadata): PodSandboxMetadata {
  return create(PodSandboxMetadataSchema, metadata);
}

function stateToProto(sandbox: SandboxView): PodSandboxState {
  return sandbox.isReady ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
}

/** kubelet makes a host-network sandbox anew at each sync unless `network` comes back as NODE. */
function namespacesToProto(modes: NamespaceModes): NamespaceOption {
  return create(NamespaceOptionSchema, {
    network: modes.network === "node" ? NamespaceMode.NODE : NamespaceMode.POD,
    ipc: modes.ipc === "node" ? NamespaceMode.NODE : NamespaceMode.POD,
    ...pidModeToProto(modes.pid),
    ...(modes.user === undefined
      ? {}
      : {
          usernsOptions: {
            mode: NamespaceMode.POD,
            uids: modes.user.uids.map(idMappingToProto),
            gids: modes.user.gids.map(idMappingToProto),
          },
        }),
  });
}

function pidModeToProto(mode: PidMode): { pid: NamespaceMode; targetId?: string } {
  if (typeof mode === "object") return { pid: NamespaceMode.TARGET, targetId: mode.targetContainer };
  switch (mode) {
    case "pod":
      return { pid: NamespaceMode.POD };
    case "container":
      return { pid: NamespaceMode.CONTAINER };
    case "node":
      return { pid: NamespaceMode.NODE };
    default:
      return assertNever(mode, "PID namespace mode");
  }
}
