import { describe, expect, it } from "vitest";
import { decodeCniNetworkConfig } from "#spec";
import { composeRequest, type PreparedPlugin, prepareNetwork, type RequestAdditions } from "./prepared-network.ts";

function prepare(plugin: object): PreparedPlugin {
  const config = { cniVersion: "1.0.0", name: "net", plugins: [plugin] };
  const [prepared] = prepareNetwork(decodeCniNetworkConfig(JSON.stringify(config))).plugins;
  if (prepared === undefined) throw new Error("no plugin prepared");
  return prepared;
}

function request(plugin: object, additions: RequestAdditions): unknown {
  return JSON.parse(composeRequest(prepare(plugin), additions));
}

describe("composeRequest()", () => {
  it("passes a plugin's fields on with the network's name and version", () => {
    expect(request({ type: "bridge", ipam: { type: "host-local" }, future: [null] }, {})).toEqual({
      type: "bridge",
      ipam: { type: "host-local" },
      future: [null],
      cniVersion: "1.0.0",
      name: "net",
    });
  });

  it("passes numbers on as they were written", () => {
    const config = '{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"x","burst":18446744073709551615}]}';
    const [plugin] = prepareNetwork(decodeCniNetworkConfig(config)).plugins;

    expect(plugin?.requestHead).toContain('"burst":18446744073709551615');
  });

  it("keeps the keys of the protocol for itself", () => {
    const reserved = { capabilities: { dns: true }, prevResult: {}, "cni.dev/valid-attachments": [], name: "other" };

    expect(request({ type: "x", ...reserved }, {})).toEqual({ type: "x", cniVersion: "1.0.0", name: "net" });
  });

  it("gives a plugin the capabilities that it declares and no other", () => {
    const capabilityArgs = { portMappings: [{ hostPort: 80 }], dns: { servers: ["10.0.0.1"] } };
    const capabilities = { portMappings: true, bandwidth: true };

    expect(request({ type: "portmap", capabilities }, { capabilityArgs })).toMatchObject({
      runtimeConfig: { portMappings: [{ hostPort: 80 }] },
    });
    expect(request({ type: "bridge" }, { capabilityArgs })).not.toHaveProperty("runtimeConfig");
  });

  it("lays runtimeConfig over the one of the configuration", () => {
    const plugin = { type: "x", capabilities: { mac: true, dns: true }, runtimeConfig: { mac: "aa", dns: "old" } };

    expect(request(plugin, { capabilityArgs: { dns: "new" } })).toMatchObject({
      runtimeConfig: { mac: "aa", dns: "new" },
    });
  });

  it("carries the previous result and further members as they are", () => {
    const additions = { prevResult: '{"cniVersion":"1.0.0" ,"n":1.0}', members: ['"cni.dev/attachments":[]'] };

    expect(composeRequest(prepare({ type: "x" }), additions)).toBe(
      '{"type":"x","cniVersion":"1.0.0","name":"net","prevResult":{"cniVersion":"1.0.0" ,"n":1.0},"cni.dev/attachments":[]}',
    );
  });
});

describe("prepareNetwork()", () => {
  it("writes a document that decodes to the same network", () => {
    const plugins = [{ type: "bridge", capabilities: { dns: true }, n: 1 }, { type: "portmap" }];
    const text = JSON.stringify({ cniVersion: "0.4.0", cniVersions: ["1.1.0"], name: "net", disableGC: true, plugins });
    const prepared = prepareNetwork(decodeCniNetworkConfig(text));

    expect(prepareNetwork(decodeCniNetworkConfig(prepared.document))).toEqual({
      ...prepared,
      config: { ...prepared.config, loadOnlyInlinedPlugins: true },
    });
  });
});
