import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { ListPodSandboxResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import { declarePodFlags, listPods, type PodFlags } from "../pod-list.ts";
import { type PodListStyle, renderPods } from "./render.ts";

type Flags = PodFlags & PodListStyle & { readonly output: OutputFormat };

/** `crisp pods` lists pods. */
export function declarePods(command: Command, open: OpenSession): void {
  declarePodFlags(command);
  declareOutput(command, ["table", "json", "yaml"]);
  command
    .option("-q, --quiet", "only the ids")
    .option("-v, --verbose", "everything that the list knows of each pod")
    .option("--no-trunc", "whole ids");
  command.action(async (flags: Flags) => {
    const session = await open();
    const pods = await listPods(session, flags);
    if (flags.output === "table") {
      await session.terminal.write(renderPods(pods, flags, session.clock.nowNanos()));
      return;
    }
    const answer = create(ListPodSandboxResponseSchema, { items: [...pods] });
    await printDocument(session.terminal, messageToJson(ListPodSandboxResponseSchema, answer), flags.output);
  });
}
