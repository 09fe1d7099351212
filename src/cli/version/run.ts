import type { Command } from "commander";
import type { OpenSession } from "../command.ts";

/** `crisp version`: who answers at the endpoint. */
export function declareVersion(command: Command, open: OpenSession): void {
  command.action(async () => {
    const { client, terminal, reading } = await open();
    const answer = await client.version({ version: "v1" }, reading);
    await terminal.write(
      `Version:  ${answer.version}\n` +
        `RuntimeName:  ${answer.runtimeName}\n` +
        `RuntimeVersion:  ${answer.runtimeVersion}\n` +
        `RuntimeApiVersion:  ${answer.runtimeApiVersion}\n`,
    );
  });
}
