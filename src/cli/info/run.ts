import { type JsonValue, toJson } from "@bufbuild/protobuf";
import type { Command } from "commander";
import {
  RuntimeFeaturesSchema,
  RuntimeHandlerSchema,
  RuntimeStatusSchema,
  type StatusResponse,
} from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, printDocument } from "../output-format.ts";
import { statusDocument } from "../status-document.ts";

interface InfoFlags {
  readonly output: "json" | "yaml";
  readonly quiet?: boolean;
}

/** `crisp info`: the runtime's conditions, handlers and features. */
export function declareInfo(command: Command, open: OpenSession): void {
  declareOutput(command, ["json", "yaml"]);
  command.option("-q, --quiet", "without the runtime's own details");
  command.action(async (flags: InfoFlags) => {
    const { client, terminal, reading } = await open();
    const answer = await client.status({ verbose: flags.quiet !== true }, reading);
    await printDocument(terminal, statusDocument(describe(answer), answer.info), flags.output);
  });
}

/** crictl prints handlers and features with the names of the .proto file, the status in camel case. */
function describe({ status, runtimeHandlers, features }: StatusResponse): Record<string, JsonValue> {
  const options = { useProtoFieldName: true } as const;
  return {
    ...(status === undefined ? {} : { status: messageToJson(RuntimeStatusSchema, status) }),
    ...(runtimeHandlers.length === 0
      ? {}
      : { runtimeHandlers: runtimeHandlers.map((handler) => toJson(RuntimeHandlerSchema, handler, options)) }),
    ...(features === undefined ? {} : { features: toJson(RuntimeFeaturesSchema, features, options) }),
  };
}
