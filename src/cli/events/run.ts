import type { JsonValue } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { ContainerEventResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, printDocument } from "../output-format.ts";
import type { Terminal } from "../terminal.ts";

/** `crisp events` prints what happens to pods and containers, as it happens. */
export function declareEvents(command: Command, open: OpenSession): void {
  declareOutput(command, ["json", "yaml"]);
  command.action(async ({ output }: { readonly output: "json" | "yaml" }) => {
    const { client, terminal, signal } = await open();
    for await (const event of client.getContainerEvents({}, { signal })) {
      await printEvent(terminal, messageToJson(ContainerEventResponseSchema, event), output);
    }
  });
}

/** A line each, so that programs can read them one by one; in YAML a document each. */
async function printEvent(terminal: Terminal, event: JsonValue, output: "json" | "yaml"): Promise<void> {
  if (output === "json") return await terminal.write(`${JSON.stringify(event)}\n`);
  await terminal.write("---\n");
  await printDocument(terminal, event, output);
}
