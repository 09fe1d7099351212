import type { ContainerConfig } from "#spec";
import { fieldInvalid } from "../faults.ts";

/**
 * Refuses what no container can have, before anything is made.
 *
 * @throws Fault `invalid` naming the field
 */
export function assertContainerConfig(config: ContainerConfig): void {
  if (config.metadata.name === "") throw fieldInvalid("metadata.name", "must not be empty");
  if (config.logPath.startsWith("/") || config.logPath.split("/").includes("..")) {
    throw fieldInvalid("log_path", `must stay below the log directory, is ${config.logPath}`);
  }
  for (const { containerPath } of config.mounts) {
    if (containerPath === "") throw fieldInvalid("mounts.container_path", "must not be empty");
  }
  for (const { key } of config.environment) {
    if (key === "" || key.includes("=")) throw fieldInvalid("envs.key", `${JSON.stringify(key)} names no variable`);
  }
}
