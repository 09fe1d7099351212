import { expect, test } from "vitest";
import { loadConfig } from "#config";
import { streamingOptionsOf } from "./streaming.ts";

async function optionsOf(toml: string): Promise<ReturnType<typeof streamingOptionsOf>> {
  const files = { readText: async () => `[streaming]\n${toml}`, list: async () => [] };
  const { config } = await loadConfig({ argv: ["--config", "/c.toml"], env: {} }, files);
  return streamingOptionsOf(config);
}

test("the streaming server gets the limits that its field expects by default", async () => {
  expect(await optionsOf("")).toEqual({
    address: { host: "127.0.0.1", port: 0 },
    tokenLifeMs: 60_000,
    maxTokens: 1_000,
    idleTimeoutMs: 14_400_000,
    creationTimeoutMs: 30_000,
    maxConnections: 4_096,
    maxStreams: 2_048,
    maxHeaderBytes: 65_536,
    attachBacklogBytes: 4_194_304,
  });
});

test("the streaming server gets the certificates that are named", async () => {
  const files = 'tls = "files"\ncertificate_file = "/c"\nkey_file = "/k"\nclient_ca_file = "/a"';

  expect((await optionsOf(files)).tls).toEqual({
    kind: "pair",
    certificatePath: "/c",
    keyPath: "/k",
    clientCaPath: "/a",
  });
  expect((await optionsOf('tls = "self-signed"')).tls).toEqual({ kind: "self-signed" });
});

test.each([
  ['client_ca_file = "/a"', "streaming.client_ca_file"],
  ['tls = "files"\nkey_file = "/k"', "streaming.certificate_file"],
  ['tls = "files"\ncertificate_file = "/c"', "streaming.key_file"],
])("a configuration with %j contradicts itself", async (toml, key) => {
  await expect(optionsOf(toml)).rejects.toThrow(key);
});
