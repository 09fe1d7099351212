import { runtimeFailed } from "../faults.ts";
import { isAlive } from "../process-life.ts";
import type { ContainerHandle } from "../types.ts";
import type { ConmonContext } from "./options.ts";

/** Whether the container's first process is there, and is not another one of the same number. */
export function isInitAlive({ host }: ConmonContext, { init }: ContainerHandle): boolean {
  return isAlive(host, init);
}

/** Signals the first process by pidfd, which saves the 10 ms that the runtime program would take. */
export async function killInit(
  { host, logs }: ConmonContext,
  container: ContainerHandle,
  signal: number,
): Promise<boolean> {
  const watch = host.processes.watch(container.init);
  if (watch === undefined) return false;
  try {
    return watch.kill(signal);
  } finally {
    watch.close();
    await logs.hurry(container);
  }
}

/** Kills all that is in the container's cgroup: with a shared PID namespace others outlive the first process. */
export async function killAll({ host, logs }: ConmonContext, container: ContainerHandle): Promise<void> {
  await logs.hurry(container);
  if (container.cgroupPath === "/") throw runtimeFailed(`kill ${container.id}`, "its cgroup is not known");
  await host.cgroups.kill(container.cgroupPath);
}
