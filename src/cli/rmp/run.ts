import type { Command } from "commander";
import { PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { stillRuns } from "../faults.ts";
import { forEach } from "../for-each.ts";
import { chooseForRemoval, declareRemoval, type RemovalFlags } from "../removal.ts";
import { resolvePodId } from "../resolve-id.ts";
import type { Session } from "../session.ts";

/** `crisp rmp` removes pods with all that is in them. */
export function declareRmp(command: Command, open: OpenSession): void {
  declareRemoval(command, "pods");
  command.action(async (ids: readonly string[], flags: RemovalFlags) => {
    const session = await open();
    const list = async () => (await session.client.listPodSandbox({}, session.reading)).items;
    await forEach(await chooseForRemoval(ids, flags, list), (id) => removePod(session, id, flags));
  });
}

async function removePod(session: Session, id: string, { force = false }: RemovalFlags): Promise<void> {
  const { client, terminal, reading, acting } = session;
  const podSandboxId = await resolvePodId(session, id);
  const { status } = await client.podSandboxStatus({ podSandboxId }, reading);
  if (status?.state === PodSandboxState.SANDBOX_READY) {
    if (!force) throw stillRuns("pod", podSandboxId);
    await client.stopPodSandbox({ podSandboxId }, acting());
    await terminal.write(`Stopped sandbox ${podSandboxId}\n`);
  }
  await client.removePodSandbox({ podSandboxId }, acting());
  await terminal.write(`Removed sandbox ${podSandboxId}\n`);
}
