import { decodeSpec, isJsonObject, type OciSpec, type SandboxConfig } from "#spec";
import type { PodMembership } from "../types.ts";

const prefix = "io.kubernetes.cri";

/** Undefined for one that stands for its pod, or has none. */
export function podOfMember(configText: string, id: string): string | undefined {
  const { annotations } = decodeSpec(configText);
  const sandboxId = isJsonObject(annotations) ? annotations[`${prefix}.sandbox-id`] : undefined;
  return typeof sandboxId === "string" && sandboxId !== id ? sandboxId : undefined;
}

/**
 * A document with what shims look for to know the pod that a container belongs to, under containerd's names.
 *
 * That of the container which stands for the pod also says what the whole pod is called and how large it is: a machine is
 * made to that measure, before the first of its containers comes.
 *
 * @see https://github.com/containerd/containerd/blob/v2.1.4/internal/cri/annotations/annotations.go
 */
export function withPod(spec: OciSpec, pod: PodMembership | undefined, id: string): OciSpec {
  const isSandbox = pod === undefined || pod.role === "sandbox";
  const annotations = {
    ...spec.annotations,
    ...(pod?.role === "sandbox" ? { ...pod.annotations, ...describePod(pod.config) } : {}),
    [`${prefix}.sandbox-id`]: pod?.sandboxId ?? id,
    [`${prefix}.container-type`]: isSandbox ? "sandbox" : "container",
  };
  return { ...spec, annotations, ...(pod?.role === "sandbox" ? hostnameOf(spec, pod.config) : {}) };
}

function describePod({ metadata, logDirectory, resources }: SandboxConfig): Readonly<Record<string, string>> {
  return {
    [`${prefix}.sandbox-name`]: metadata.name,
    [`${prefix}.sandbox-namespace`]: metadata.namespace,
    [`${prefix}.sandbox-uid`]: metadata.uid,
    [`${prefix}.sandbox-log-directory`]: logDirectory,
    [`${prefix}.sandbox-cpu-period`]: String(resources?.cpuPeriod ?? 0),
    [`${prefix}.sandbox-cpu-quota`]: String(resources?.cpuQuota ?? 0),
    [`${prefix}.sandbox-cpu-shares`]: String(resources?.cpuShares ?? 0),
    [`${prefix}.sandbox-memory`]: String(resources?.memoryLimitBytes ?? 0),
  };
}

/** A machine takes its name from here; where the namespace is the pod's, it has the name already. */
function hostnameOf({ linux }: OciSpec, { hostname }: SandboxConfig): Pick<OciSpec, "hostname"> {
  return hostname !== "" && linux.namespaces.some(({ type }) => type === "uts") ? { hostname } : {};
}
