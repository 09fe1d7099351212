import type { Command } from "commander";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { stillRuns } from "../faults.ts";
import { forEach } from "../for-each.ts";
import { chooseForRemoval, declareRemoval, type RemovalFlags } from "../removal.ts";
import { resolveContainerId } from "../resolve-id.ts";
import type { Session } from "../session.ts";

/** `crisp rm` removes containers. Their log files stay: they belong to whoever named the log directory. */
export function declareRm(command: Command, open: OpenSession): void {
  declareRemoval(command, "containers");
  command.option("-k, --keep-logs", "as crictl has it; logs are always kept here");
  command.action(async (ids: readonly string[], flags: RemovalFlags) => {
    const session = await open();
    const list = async () => (await session.client.listContainers({}, session.reading)).containers;
    await forEach(await chooseForRemoval(ids, flags, list), (id) => removeContainer(session, id, flags));
  });
}

async function removeContainer(session: Session, id: string, { force = false }: RemovalFlags): Promise<void> {
  const { client, terminal, reading, acting } = session;
  const containerId = await resolveContainerId(session, id);
  const { status } = await client.containerStatus({ containerId }, reading);
  if (status?.state === ContainerState.CONTAINER_RUNNING) {
    if (!force) throw stillRuns("container", containerId);
    await client.stopContainer({ containerId, timeout: 0n }, acting());
  }
  await client.removeContainer({ containerId }, acting());
  await terminal.write(`${containerId}\n`);
}
