import type { Config, RuntimeConfig } from "#config";
import { Fault } from "#foundation";
import type { Host } from "#host";
import type { HandlerPolicy } from "#runtime";

/** @throws Fault `unsupported` for what the operator wants of a handler and this machine cannot grant safely */
export function assertPolicies({ runtimes }: Config, host: Pick<Host, "cgroups">): void {
  for (const [name, { cgroupWritable }] of Object.entries(runtimes)) {
    // The devices that a container may use are a file of v1's tree, too.
    if (cgroupWritable && host.cgroups.version === "v1") {
      throw new Fault("unsupported", `runtimes.${name}.cgroup_writable: the machine uses cgroup v1`);
    }
  }
}

/** What the operator wants of the containers of a handler. */
export function policyOf(runtime: RuntimeConfig): HandlerPolicy {
  return {
    rlimits: Object.entries(runtime.defaultRlimits).map(([name, range]) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      ...range,
    })),
    defaultAnnotations: runtime.defaultAnnotations,
    allowedAnnotations: runtime.allowedAnnotations,
    givesDevicesToUser: runtime.deviceOwnershipFromSecurityContext,
    hidesHostDevices: runtime.privilegedWithoutHostDevices,
    hasWritableCgroup: runtime.cgroupWritable,
  };
}
