import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { type ContainerFlags, declareContainerFlags, listContainers } from "../container-list.ts";
import { nothingChosen } from "../faults.ts";
import { declareOutput, type OutputFormat, printDocument } from "../output-format.ts";
import { resolveContainerId } from "../resolve-id.ts";
import type { Session } from "../session.ts";
import { joinDocuments, statusDocument } from "../status-document.ts";
import { containerStatusToJson, renderContainerStatus } from "./render.ts";

type Flags = ContainerFlags & { readonly output: OutputFormat; readonly quiet?: boolean };

/** `crisp inspect` shows the status of containers. */
export function declareInspect(command: Command, open: OpenSession): void {
  declareContainerFlags(command);
  declareOutput(command, ["json", "yaml", "table"]);
  command
    .argument("[ids...]", "ids of containers, or their unique beginnings; those that the flags choose when absent")
    .option("-q, --quiet", "without the runtime's own details");
  command.action(async (ids: readonly string[], flags: Flags) => {
    const session = await open();
    const answers = await Promise.all((await choose(session, ids, flags)).map((id) => ask(session, id, flags)));
    if (flags.output === "table") {
      const nowNanos = session.clock.nowNanos();
      await session.terminal.write(answers.map((answer) => renderContainerStatus(answer, nowNanos)).join("\n"));
      return;
    }
    const documents = answers.map((answer) => statusDocument({ status: containerStatusToJson(answer) }, answer.info));
    await printDocument(session.terminal, joinDocuments(documents), flags.output);
  });
}

async function choose(session: Session, ids: readonly string[], flags: Flags): Promise<readonly string[]> {
  if (ids.length > 0) return Promise.all(ids.map((id) => resolveContainerId(session, id)));
  const chosen = await listContainers(session, flags);
  if (chosen.length === 0) throw nothingChosen("container");
  return chosen.map(({ id }) => id);
}

function ask(
  { client, reading }: Session,
  containerId: string,
  { quiet = false }: Flags,
): ReturnType<typeof client.containerStatus> {
  return client.containerStatus({ containerId, verbose: !quiet }, reading);
}
