import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { resolvePodId } from "../resolve-id.ts";

/** `crisp stopp` stops pods. */
export function declareStopp(command: Command, open: OpenSession): void {
  command.argument("<ids...>", "ids of pods, or their unique beginnings");
  command.action(async (ids: readonly string[]) => {
    const session = await open();
    for (const id of ids) {
      const podSandboxId = await resolvePodId(session, id);
      await session.client.stopPodSandbox({ podSandboxId }, session.acting());
      await session.terminal.write(`Stopped sandbox ${id}\n`);
    }
  });
}
