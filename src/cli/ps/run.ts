import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { type Container, ListContainersResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { type ContainerFlags, declareContainerFlags, listContainers } from "../container-list.ts";
import { ImageLookup } from "../image-lookup.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import type { Session } from "../session.ts";
import { type ContainerListStyle, renderContainers } from "./render.ts";

type Flags = ContainerFlags &
  Omit<ContainerListStyle, "imageNames"> & { readonly output: OutputFormat; readonly resolveImagePath?: boolean };

/** `crisp ps` lists containers. */
export function declarePs(command: Command, open: OpenSession): void {
  declareContainerFlags(command);
  declareOutput(command, ["table", "json", "yaml"]);
  command
    .option("-q, --quiet", "only the ids")
    .option("-v, --verbose", "everything that the list knows of each container")
    .option("-r, --resolve-image-path", "the images' names instead of their ids")
    .option("--no-trunc", "whole ids");
  command.action(async (flags: Flags) => {
    const session = await open();
    const containers = await listContainers(session, flags);
    if (flags.output === "table") {
      const imageNames = flags.resolveImagePath === true ? await nameImages(session, containers) : undefined;
      const text = renderContainers(containers, { ...flags, imageNames }, session.clock.nowNanos());
      await session.terminal.write(text);
      return;
    }
    const answer = create(ListContainersResponseSchema, { containers: [...containers] });
    await printDocument(session.terminal, messageToJson(ListContainersResponseSchema, answer), flags.output);
  });
}

/** A tag of each image that the containers run, by what the containers call it. */
async function nameImages(session: Session, containers: readonly Container[]): Promise<ReadonlyMap<string, string>> {
  const images = new ImageLookup(session);
  const called = new Set(containers.map(({ image }) => image?.image ?? ""));
  const named = [...called].map(async (name) => [name, (await images.find(name))?.repoTags[0] ?? name] as const);
  return new Map(await Promise.all(named));
}
