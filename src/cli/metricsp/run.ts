import type { Command } from "commander";
import { ListPodSandboxMetricsResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, printDocument } from "../output-format.ts";

/** `crisp metricsp` prints the metrics of all pods. */
export function declareMetricsPod(command: Command, open: OpenSession): void {
  declareOutput(command, ["json", "yaml"]);
  command.action(async ({ output }: { readonly output: "json" | "yaml" }) => {
    const { client, terminal, reading } = await open();
    const answer = await client.listPodSandboxMetrics({}, reading);
    await printDocument(terminal, messageToJson(ListPodSandboxMetricsResponseSchema, answer), output);
  });
}
