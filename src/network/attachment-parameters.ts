import type { SandboxId } from "#foundation";
import type { JsonObject, PortMapping } from "#spec";
import { parseBandwidth } from "./bandwidth.ts";
import { badArgument } from "./faults.ts";
import { withHostPort } from "./host-ports/plan.ts";
import type { AttachTarget } from "./types.ts";

/** What identifies an attachment, and what its plugins are told at ADD and again at every later command. */
export interface AttachmentParameters {
  readonly sandboxId: SandboxId;
  readonly netnsPath: string;
  readonly interfaceName: string;
  /** CNI_ARGS. */
  readonly args: string;
  /** Values of the capabilities that the configuration declares. */
  readonly capabilityArgs: JsonObject;
  /** Ports of the node that are published by ourselves, because no plugin declares them. */
  readonly hostPorts: readonly PortMapping[];
}

/** kubelet and every plugin of the field expect this name. */
export const podInterfaceName = "eth0";

/**
 * Translates a pod into CNI's parameters; capabilities that nobody declared are left out.
 *
 * @throws Fault `invalid` on a name or an annotation that cannot be passed on
 */
export function toAttachmentParameters(target: AttachTarget, declared: ReadonlySet<string>): AttachmentParameters {
  return {
    sandboxId: target.sandboxId,
    netnsPath: target.netnsPath,
    interfaceName: podInterfaceName,
    args: formatArgs(target),
    capabilityArgs: toCapabilityArgs(target, declared),
    hostPorts: declared.has("portMappings") ? [] : withHostPort(target.portMappings),
  };
}

/** The keys that Kubernetes' plugins read; plugins that know none of them are told to ignore them. */
function formatArgs(target: AttachTarget): string {
  const pairs: readonly (readonly [string, string])[] = [
    ["IgnoreUnknown", "1"],
    ["K8S_POD_NAMESPACE", target.podNamespace],
    ["K8S_POD_NAME", target.podName],
    ["K8S_POD_INFRA_CONTAINER_ID", target.sandboxId],
    ["K8S_POD_UID", target.podUid],
  ];
  return pairs.map(([key, value]) => `${key}=${checkArgument(key, value)}`).join(";");
}

function checkArgument(key: string, value: string): string {
  if (/[;=\0]/.test(value)) throw badArgument(key, value);
  return value;
}

/** @see https://github.com/containernetworking/cni/blob/v1.3.0/CONVENTIONS.md#well-known-capabilities */
function toCapabilityArgs(target: AttachTarget, declared: ReadonlySet<string>): JsonObject {
  const values: Record<string, unknown> = {};
  const offer = (capability: string, value: () => unknown): void => {
    const offered = declared.has(capability) ? value() : undefined;
    if (offered !== undefined) values[capability] = offered;
  };
  offer("portMappings", () => toPortMappings(target.portMappings));
  offer("bandwidth", () => parseBandwidth(target.annotations));
  offer("dns", () => target.dns);
  offer("cgroupPath", () => (target.cgroupPath === "" ? undefined : target.cgroupPath));
  offer("io.kubernetes.cri.pod-annotations", () => target.annotations);
  return values;
}

function toPortMappings(mappings: readonly PortMapping[]): unknown {
  const published = withHostPort(mappings);
  if (published.length === 0) return undefined;
  return published.map(({ hostPort, containerPort, protocol, hostIp }) => ({
    hostPort,
    containerPort,
    protocol,
    hostIP: hostIp,
  }));
}
