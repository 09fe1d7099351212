import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { misused, notBuilt } from "./faults.ts";
import type { Terminal } from "./terminal.ts";

export type OutputFormat = "json" | "yaml" | "table";

/** Declares `-o` with the formats that a command has; the first is the default. */
export function declareOutput(command: Command, formats: readonly [OutputFormat, ...OutputFormat[]]): void {
  command.option(
    "-o, --output <format>",
    `how to print it: ${formats.join("|")}`,
    (text) => parseFormat(text, formats),
    formats[0],
  );
}

function parseFormat(text: string, formats: readonly OutputFormat[]): OutputFormat {
  if (text === "go-template") throw notBuilt("output format go-template is not supported", "use -o json and jq");
  const format = formats.find((known) => known === text);
  if (format === undefined) throw misused(`output format ${JSON.stringify(text)}: use one of ${formats.join(", ")}`);
  return format;
}

/** A message in its JSON form as crictl prints it: camel case, with the fields that are empty. */
export function messageToJson<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): JsonValue {
  return toJson(schema, message, { alwaysEmitImplicit: true });
}

/** Prints a document for programs. */
export async function printDocument(terminal: Terminal, document: JsonValue, format: "json" | "yaml"): Promise<void> {
  if (format === "json") return terminal.write(`${JSON.stringify(document, undefined, 2)}\n`);
  const { stringify } = await import("yaml");
  return terminal.write(stringify(document));
}
