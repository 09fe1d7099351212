import type { ContainerHandle } from "#runtime";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import type { RuntimePlace } from "./place.ts";

const isSeen = handlerUnderTest().cannot["show its processes to the node"] === undefined;

/**
 * Processes of a container besides its first one: as the node sees them, or else as the container does, whose numbers mean
 * nothing here.
 */
export async function leftInside(place: RuntimePlace, container: ContainerHandle): Promise<readonly string[]> {
  if (isSeen) {
    const pids = await place.host.cgroups.pids(container.cgroupPath);
    return pids.filter((pid) => pid !== container.init.pid).map(String);
  }
  const listing = { command: ["/bin/ps", "-o", "pid,stat,args"], timeoutMs: 20_000 };
  const { stdout } = await place.runtime.execSync(container, listing);
  const processes = stdout.toString().trim().split("\n").slice(1);
  // The first one of these containers takes no ended ones away.
  return processes.filter((line) => !/^\s*1\s|^\s*\d+\s+Z|\bps -o/.test(line));
}
