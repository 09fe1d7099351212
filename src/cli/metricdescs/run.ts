import type { Command } from "commander";
import { ListMetricDescriptorsResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, printDocument } from "../output-format.ts";

/** `crisp metricdescs` prints what metrics there are. */
export function declareMetricDescriptors(command: Command, open: OpenSession): void {
  declareOutput(command, ["json", "yaml"]);
  command.action(async ({ output }: { readonly output: "json" | "yaml" }) => {
    const { client, terminal, reading } = await open();
    const answer = await client.listMetricDescriptors({}, reading);
    await printDocument(terminal, messageToJson(ListMetricDescriptorsResponseSchema, answer), output);
  });
}
