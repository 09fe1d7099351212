import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { ListImagesResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { declareImageFilter, type ImageFlags, listImages } from "../image-list.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import { type ImageListStyle, renderImages } from "./render.ts";

type Flags = ImageFlags & ImageListStyle & { readonly output: OutputFormat };

/** `crisp images` lists images. */
export function declareImages(command: Command, open: OpenSession): void {
  declareImageFilter(command);
  declareOutput(command, ["table", "json", "yaml"]);
  command
    .argument("[name]", "only the image of this name", "")
    .option("-q, --quiet", "only the ids")
    .option("-v, --verbose", "everything that the list knows of each image")
    .option("--digests", "show digests")
    .option("--pinned", "show which images garbage collection must keep")
    .option("--no-trunc", "whole ids and digests");
  command.action(async (name: string, flags: Flags) => {
    const session = await open();
    const images = await listImages(session, name, flags);
    if (flags.output === "table") {
      await session.terminal.write(renderImages(images, flags));
      return;
    }
    const answer = create(ListImagesResponseSchema, { images: [...images] });
    await printDocument(session.terminal, messageToJson(ListImagesResponseSchema, answer), flags.output);
  });
}
