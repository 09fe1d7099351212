import { expect, test } from "vitest";
import { ContainerConfigSchema, NamespaceMode, PodSandboxConfigSchema } from "#proto/cri/v1/runtime_pb.js";
import { decodeJsonMessage } from "./json-message.ts";

test("decodeJsonMessage() reads names as in the .proto file and in camel case", () => {
  const config = decodeJsonMessage(
    PodSandboxConfigSchema,
    { log_directory: "/logs", dnsConfig: { servers: ["1.1.1.1"] }, labels: { any_key: "x" } },
    "pod.json",
  );

  expect(config).toMatchObject({
    logDirectory: "/logs",
    dnsConfig: { servers: ["1.1.1.1"] },
    labels: { any_key: "x" },
  });
});

test.each([2, "NODE"])("decodeJsonMessage() reads the enum value %j", (network) => {
  const document = { linux: { security_context: { namespace_options: { network } } } };

  const config = decodeJsonMessage(PodSandboxConfigSchema, document, "pod.json");

  expect(config.linux?.securityContext?.namespaceOptions?.network).toBe(NamespaceMode.NODE);
});

test("decodeJsonMessage() takes environment values as text", () => {
  const document = { envs: [{ key: "A", value: "hällo" }] };

  const config = decodeJsonMessage(ContainerConfigSchema, document, "container.json");

  expect(config.envs.map(({ value }) => Buffer.from(value).toString())).toEqual(["hällo"]);
});

test.each([
  [{ log_dir: "/x" }, "pod.json: unknown field log_dir (PodSandboxConfig has metadata, hostname, log_directory"],
  [{ linux: { security_context: { privilegd: true } } }, "unknown field linux.security_context.privilegd"],
  [{ port_mappings: [{}, { port: 1 }] }, "unknown field port_mappings[1].port"],
  [{ metadata: { attempt: "many" } }, "pod.json: "],
  [[], "pod.json: expected an object of type PodSandboxConfig"],
  ["text", "pod.json: expected an object of type PodSandboxConfig"],
])("decodeJsonMessage() of %j names the file and the field", (document, message) => {
  expect(() => decodeJsonMessage(PodSandboxConfigSchema, document, "pod.json")).toThrow(message);
});
