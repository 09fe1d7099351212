import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { ListPodSandboxStatsResponseSchema, type PodSandboxStats } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { collect, parsePairs } from "../labels.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import { declareUsageFlags, showUsage, type UsageFlags } from "../usage-table.ts";
import { renderPodStats } from "./render.ts";

interface Flags extends UsageFlags {
  readonly output: OutputFormat;
  readonly id?: string;
  readonly label?: readonly string[];
}

/** `crisp statsp` shows what pods use. */
export function declareStatsPod(command: Command, open: OpenSession): void {
  command
    .argument("[id]", "only the pod whose id begins like this")
    .option("--id <id>", "the same")
    .option("--label <key=value>", "only those with this label; may be given more than once", collect);
  declareUsageFlags(command);
  declareOutput(command, ["table", "json", "yaml"]);
  command.action(async (id: string | undefined, flags: Flags) => {
    const session = await open();
    const filter = { id: id ?? flags.id ?? "", labelSelector: parsePairs("label", flags.label) };
    const read = async (): Promise<readonly PodSandboxStats[]> =>
      (await session.client.listPodSandboxStats({ filter }, session.reading)).stats;
    if (flags.output === "table") return await showUsage(session, flags, { read, render: renderPodStats });
    const answer = create(ListPodSandboxStatsResponseSchema, { stats: [...(await read())] });
    await printDocument(session.terminal, messageToJson(ListPodSandboxStatsResponseSchema, answer), flags.output);
  });
}
