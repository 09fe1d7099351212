import type { AttachTarget } from "#network";
import type { PodContext } from "../context.ts";
import type { SandboxRecord } from "../records.ts";

/** What the pod's network is told about a sandbox. */
export function attachTargetOf(context: PodContext, record: SandboxRecord): AttachTarget {
  const { id, config, cgroupParent } = record;
  const { cniConfDir } = context.handlers.of(record);
  const { name, namespace, uid } = config.metadata;
  return {
    sandboxId: id,
    netnsPath: context.paths.sandbox(id).netns,
    podName: name,
    podNamespace: namespace,
    podUid: uid,
    portMappings: config.portMappings,
    dns: config.dns,
    annotations: config.annotations,
    cgroupPath: cgroupParent,
    ...(cniConfDir === undefined ? {} : { confDir: cniConfDir }),
  };
}

/** Whether a sandbox has a network of its own to attach and detach. */
export function hasPodNetwork({ config }: Pick<SandboxRecord, "config">): boolean {
  return config.security.namespaces.network === "pod";
}
