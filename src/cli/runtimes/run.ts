import type { Command } from "commander";
import { ListRuntimesResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import { renderRuntimes } from "./render.ts";

/** `crisp runtimes` lists the runtime handlers of the node, those that do not work included. */
export function declareRuntimes(command: Command, open: OpenSession): void {
  declareOutput(command, ["table", "json", "yaml"]);
  command.action(async ({ output }: { readonly output: OutputFormat }) => {
    const { admin, terminal, reading } = await open();
    const answer = await admin.listRuntimes({}, reading);
    if (output === "table") return await terminal.write(renderRuntimes(answer.runtimes));
    await printDocument(terminal, messageToJson(ListRuntimesResponseSchema, answer), output);
  });
}
