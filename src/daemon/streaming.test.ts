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
    handshakeTimeoutMs: 10_000,
    lingerMs: 10_000,
    heartbeatMs: 5_000,
    maxTokens: 1_000,
    idleTimeoutMs: 14_400_000,
    creationTimeoutMs: 30_000,
    maxConnections: 4_096,
    maxStreams: 2_048,
    maxHeaderBytes: 65_536,
    maxPorts: 64,
    attachBacklogBytes: 4_194_304,
  });
});

test.each([
  ["token_life_seconds = 7", { tokenLifeMs: 7_000 }],
  ["max_tokens = 7", { maxTokens: 7 }],
  ["idle_timeout_seconds = 7", { idleTimeoutMs: 7_000 }],
  ["creation_timeout_seconds = 7", { creationTimeoutMs: 7_000 }],
  ["handshake_timeout_seconds = 7", { handshakeTimeoutMs: 7_000 }],
  ["linger_seconds = 7", { lingerMs: 7_000 }],
  ["heartbeat_seconds = 7", { heartbeatMs: 7_000 }],
  ["max_connections = 7", { maxConnections: 7 }],
  ["max_streams = 8", { maxStreams: 8 }],
  ["max_header_bytes = 2048", { maxHeaderBytes: 2_048 }],
  ["max_ports = 7", { maxPorts: 7 }],
  ["attach_backlog_bytes = 65536", { attachBacklogBytes: 65_536 }],
])("the streaming server gets the limit %j", async (toml, expected) => {
  expect(await optionsOf(toml)).toEqual({ ...(await optionsOf("")), ...expected });
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
