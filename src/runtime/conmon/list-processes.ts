import { runtimeFailed, wrongState } from "../faults.ts";
import type { CallOptions, ContainerHandle, ContainerProcess } from "../types.ts";
import { guestOf } from "./guest-group.ts";
import type { ConmonContext } from "./options.ts";
import { isInitAlive } from "./signal-container.ts";

/** Lists a container's processes: those of its cgroup, or those that its runtime names in a kernel of its own. */
export async function listProcesses(
  context: ConmonContext,
  container: ContainerHandle,
  { signal }: CallOptions,
): Promise<readonly ContainerProcess[]> {
  const { host, program } = context;
  const { id, cgroupPath } = container;
  const act = "list the processes of";
  if (!isInitAlive(context, container)) throw wrongState(act, id, "it does not run");
  if (await program.tellsGuestPid()) {
    return (await guestOf(context, container, signal).list()).map(({ pid, name }) => ({ pid, name }));
  }
  if (cgroupPath === "/") throw runtimeFailed(`${act} ${id}`, "its cgroup is not known");
  const pids = await host.cgroups.pids(cgroupPath);
  const names = await host.processes.names(pids, signal === undefined ? {} : { signal });
  // Those without a name have ended meanwhile.
  return [...names].map(([pid, name]) => ({ pid, name }));
}
