import type { Command } from "commander";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { misused } from "../faults.ts";
import { parseCount } from "../number-flag.ts";
import { resolveContainerId } from "../resolve-id.ts";
import type { Session } from "../session.ts";

/** Time that the server has beyond the grace period to kill the container and to clean up. */
const afterGraceMs = 120_000;

interface Flags {
  readonly timeout: number;
  readonly all?: boolean;
}

/** `crisp stop` stops containers: the stop signal first, SIGKILL after the timeout. */
export function declareStop(command: Command, open: OpenSession): void {
  command
    .argument("[ids...]", "ids of containers, or their unique beginnings")
    .option("-t, --timeout <seconds>", "time for the container to end by itself", parseCount, 0)
    .option("-a, --all", "stop all that run");
  command.action(async (ids: readonly string[], flags: Flags) => {
    const session = await open();
    if (flags.timeout < 0) throw misused("a timeout cannot be negative");
    const options = session.acting(flags.timeout * 1_000 + afterGraceMs);
    for (const id of await choose(session, ids, flags)) {
      const containerId = await resolveContainerId(session, id);
      await session.client.stopContainer({ containerId, timeout: BigInt(flags.timeout) }, options);
      await session.terminal.write(`${id}\n`);
    }
  });
}

async function choose(session: Session, ids: readonly string[], flags: Flags): Promise<readonly string[]> {
  if (flags.all !== true) {
    if (ids.length === 0) throw misused("name at least one id, or use --all");
    return ids;
  }
  if (ids.length > 0) throw misused("ids and --all exclude each other");
  const filter = { state: { state: ContainerState.CONTAINER_RUNNING } };
  const { containers } = await session.client.listContainers({ filter }, session.reading);
  return containers.map(({ id }) => id);
}
