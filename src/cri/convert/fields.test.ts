import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type ContainerConfig,
  ContainerConfigSchema,
  type PodSandboxConfig,
  PodSandboxConfigSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { listRequestFields, type RequestField } from "../../../test/support/request-fields.ts";
import { containerConfigFromProto } from "./container-config.ts";
import { sandboxConfigFromProto } from "./sandbox-config.ts";

/** What becomes of a field that is set: what the request means changes, or it is refused by the field's name. */
function treatmentOf(
  field: RequestField,
  request: Message,
  convert: (request: Message) => unknown,
): "consumed" | "refused" | "ignored" {
  const changed = field.change(request);
  try {
    // The same without the field, so that only the field itself can make a difference.
    const meaning = JSON.stringify(convert(changed), writeBigInt);
    return meaning === JSON.stringify(convert(field.clear(changed)), writeBigInt) ? "ignored" : "consumed";
  } catch (error) {
    const name = field.path.split(".").find((step) => String(error).includes(step));
    return name === undefined ? "ignored" : "refused";
  }
}

function writeBigInt(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

const base = {
  sandbox: create(PodSandboxConfigSchema, { metadata: { name: "web" } }),
  container: create(ContainerConfigSchema, { metadata: { name: "main" }, image: { image: "busybox" } }),
};

describe.each([
  [
    "PodSandboxConfig",
    PodSandboxConfigSchema as DescMessage,
    base.sandbox as Message,
    (request: Message) => sandboxConfigFromProto(request as PodSandboxConfig),
  ],
  [
    "ContainerConfig",
    ContainerConfigSchema as DescMessage,
    base.container as Message,
    (request: Message) => containerConfigFromProto(request as ContainerConfig),
  ],
])("every field of %s", (_name, schema, request, convert) => {
  it.each(listRequestFields(schema).map((field) => [field.path, field] as const))(
    "%s means something, or is refused by its name",
    (_path, field) => {
      expect(treatmentOf(field, request, convert)).not.toBe("ignored");
    },
  );
});
