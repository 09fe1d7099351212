import type { JsonValue } from "@bufbuild/protobuf";
import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { readContainerConfig, readPodConfig } from "../config-file.ts";
import { declareOutput, type OutputFormat, printDocument } from "../output-format.ts";
import { renderSpec } from "./render.ts";

interface Flags {
  readonly output: OutputFormat;
  readonly runtime: string;
}

/** `crisp spec` prints the config.json that a pod's container would have; as a table, where each part comes from. */
export function declareSpec(command: Command, open: OpenSession): void {
  declareOutput(command, ["table", "json", "yaml"]);
  command
    .argument("<pod-config>", "the pod's configuration, JSON or YAML")
    .argument("<container-config>", "the container's configuration, JSON or YAML")
    .option("-r, --runtime <handler>", "runtime handler of the pod", "");
  command.action(async (podPath: string, containerPath: string, { output, runtime }: Flags) => {
    const { admin, terminal, reading } = await open();
    const [sandboxConfig, config] = await Promise.all([readPodConfig(podPath), readContainerConfig(containerPath)]);
    const answer = await admin.explainContainer({ sandboxConfig, config, runtimeHandler: runtime }, reading);
    if (output === "table") return await terminal.write(renderSpec(answer));
    // As it is written: its numbers may be larger than JavaScript's.
    if (output === "json") return await terminal.write(`${answer.configJson}\n`);
    await printDocument(terminal, JSON.parse(answer.configJson) as JsonValue, output);
  });
}
