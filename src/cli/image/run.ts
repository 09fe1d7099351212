import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import { declareImages } from "../images/run.ts";
import { declareExport } from "./export.ts";
import { declareImport } from "./import.ts";
import { declarePrune } from "./prune.ts";

/** `crisp image`: what is done to images on this node; without a word more it lists them, as in crictl. */
export function declareImage(command: Command, open: OpenSession): void {
  declareImages(command.command("list", { isDefault: true }).description("list images"), open);
  declareImport(command.command("import").description("take images out of archives"), open);
  declareExport(command.command("export").description("write images into an archive"), open);
  declarePrune(command.command("prune").description("remove images that no container uses"), open);
}
