import { isDeepStrictEqual } from "node:util";
import type { ContainerConfig, ContainerMount, SandboxConfig } from "#spec";
import { fieldInvalid } from "../faults.ts";
import { assertMappings, assertUserNamespace } from "../sandbox/user-namespace.ts";

/**
 * Refuses what no container can have, before anything is made.
 *
 * @throws Fault `invalid` naming the field
 */
export function assertContainerConfig(config: ContainerConfig, sandbox: SandboxConfig): void {
  if (config.metadata.name === "") throw fieldInvalid("metadata.name", "must not be empty");
  if (config.logPath.startsWith("/") || config.logPath.split("/").includes("..")) {
    throw fieldInvalid("log_path", `must stay below the log directory, is ${config.logPath}`);
  }
  for (const mount of config.mounts) assertMount(mount);
  const { namespaces } = config.security;
  if (!isDeepStrictEqual(namespaces.user, sandbox.security.namespaces.user)) {
    const field = "linux.security_context.namespace_options.userns_options";
    throw fieldInvalid(field, "must be those of the container's sandbox");
  }
  assertUserNamespace(namespaces);
  for (const { key } of config.environment) {
    if (key === "" || key.includes("=")) throw fieldInvalid("envs.key", `${JSON.stringify(key)} names no variable`);
  }
}

function assertMount(mount: ContainerMount): void {
  assertMapping(mount);
  if (mount.containerPath === "") throw fieldInvalid("mounts.container_path", "must not be empty");
  if (mount.image === undefined) {
    if (mount.imageSubPath !== "") throw fieldInvalid("mounts.image_sub_path", "needs an image");
    return;
  }
  if (mount.hostPath !== "") throw fieldInvalid("mounts.host_path", "must be empty beside an image");
  if (mount.propagation !== "private") throw fieldInvalid("mounts.propagation", "must be private for an image");
}

function assertMapping({ uidMappings, gidMappings }: ContainerMount): void {
  if (uidMappings.length === 0 && gidMappings.length === 0) return;
  assertMappings("mounts.uidMappings", uidMappings);
  assertMappings("mounts.gidMappings", gidMappings);
}
