import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { resolveContainerId } from "../resolve-id.ts";

/** `crisp start` starts created containers. */
export function declareStart(command: Command, open: OpenSession): void {
  command.argument("<ids...>", "ids of containers, or their unique beginnings");
  command.action(async (ids: readonly string[]) => {
    const session = await open();
    for (const id of ids) {
      const containerId = await resolveContainerId(session, id);
      await session.client.startContainer({ containerId }, session.acting());
      await session.terminal.write(`${id}\n`);
    }
  });
}
