import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { type ContainerStats, ListContainerStatsResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { collect, parsePairs } from "../labels.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import { resolvePodId } from "../resolve-id.ts";
import type { Session } from "../session.ts";
import { declareUsageFlags, showUsage, type UsageFlags } from "../usage-table.ts";
import { renderContainerStats } from "./render.ts";

interface Flags extends UsageFlags {
  readonly output: OutputFormat;
  readonly id?: string;
  readonly pod?: string;
  readonly label?: readonly string[];
  readonly all?: boolean;
}

/** `crisp stats` shows what containers use. */
export function declareStats(command: Command, open: OpenSession): void {
  command
    .argument("[id]", "only the container whose id begins like this")
    .option("--id <id>", "the same")
    .option("-p, --pod <id>", "only the containers of this pod")
    .option("--label <key=value>", "only those with this label; may be given more than once", collect)
    .option("-a, --all", "those that use nothing, too");
  declareUsageFlags(command);
  declareOutput(command, ["table", "json", "yaml"]);
  command.action(async (id: string | undefined, flags: Flags) => {
    const session = await open();
    const read = await reader(session, { ...flags, ...(id === undefined ? {} : { id }) });
    if (flags.output === "table") {
      return await showUsage(session, flags, { read, render: renderContainerStats });
    }
    const answer = create(ListContainerStatsResponseSchema, { stats: [...(await read())] });
    await printDocument(session.terminal, messageToJson(ListContainerStatsResponseSchema, answer), flags.output);
  });
}

async function reader(session: Session, flags: Flags): Promise<() => Promise<readonly ContainerStats[]>> {
  const podSandboxId = flags.pod === undefined ? "" : await resolvePodId(session, flags.pod);
  const labelSelector = parsePairs("label", flags.label);
  const { id = "", all = false } = flags;
  return async () => {
    const { stats } = await session.client.listContainerStats(
      { filter: { id, podSandboxId, labelSelector } },
      session.reading,
    );
    return all ? stats : stats.filter(usesSomething);
  };
}

/** Some runtimes list containers that have ended, without numbers. */
function usesSomething({ cpu, memory }: ContainerStats): boolean {
  return (cpu?.usageCoreNanoSeconds?.value ?? 0n) > 0n || (memory?.workingSetBytes?.value ?? 0n) > 0n;
}
