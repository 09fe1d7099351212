import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCniNetworkConfig, decodeCniPluginConfig } from "./config.ts";

const bridge = { type: "bridge", bridge: "cni0", ipam: { type: "host-local" }, future: { keep: [1, "x"] } };
const list = { cniVersion: "1.0.0", name: "net", plugins: [bridge] };

function decode(config: unknown): ReturnType<typeof decodeCniNetworkConfig> {
  return decodeCniNetworkConfig(JSON.stringify(config), "10-net.conflist");
}

describe("decodeCniNetworkConfig()", () => {
  it("decodes a list and keeps fields it does not know", () => {
    expect(decode(list)).toEqual({
      name: "net",
      cniVersion: "1.0.0",
      disableCheck: false,
      disableGc: false,
      loadOnlyInlinedPlugins: false,
      plugins: [{ type: "bridge", capabilities: [], fields: bridge }],
    });
  });

  it("decodes the older form of a single plugin as a list of one", () => {
    const single = { cniVersion: "0.3.1", name: "net", ...bridge };

    expect(decode(single).plugins).toEqual([{ type: "bridge", capabilities: [], fields: single }]);
  });

  it("selects the highest version of cniVersion and cniVersions", () => {
    expect(decode({ ...list, cniVersion: "0.4.0", cniVersions: ["1.1.0", "3.0.0"] }).cniVersion).toBe("1.1.0");
  });

  it("takes only capabilities that are declared true", () => {
    const capabilities = { portMappings: true, bandwidth: false, dns: "yes" };

    expect(decode({ ...list, plugins: [{ ...bridge, capabilities }] }).plugins[0]?.capabilities).toEqual([
      "portMappings",
    ]);
  });

  it("takes flags as words, too", () => {
    const config = decode({ ...list, disableCheck: "true", disableGC: true });

    expect([config.disableCheck, config.disableGc]).toEqual([true, true]);
  });

  it("takes a list without plugins when others are to be added to it", () => {
    expect(decode({ cniVersion: "1.1.0", name: "net" }).plugins).toEqual([]);
  });

  it.each([
    [{ ...list, name: undefined }, "name is missing"],
    [{ ...list, name: "../x" }, 'name "../x" is not allowed'],
    [{ ...list, name: "" }, 'name "" is not allowed'],
    [{ ...list, cniVersion: undefined }, "cniVersion 0.1.0 is not supported, only 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"],
    [{ ...list, cniVersion: "2.0.0" }, "cniVersion 2.0.0 is not supported"],
    [{ ...list, cniVersion: 1 }, "cniVersion is not a string"],
    [{ ...list, cniVersions: [1] }, "cniVersions is not a list of versions"],
    [{ ...list, disableCheck: "perhaps" }, "disableCheck is neither true nor false"],
    [{ ...list, plugins: [] }, "plugins is not a list of plugins"],
    [{ ...list, plugins: {} }, "plugins is not a list of plugins"],
    [{ ...list, plugins: Array.from({ length: 65 }, () => bridge) }, "plugins has more than 64 entries"],
    [{ ...list, plugins: ["bridge"] }, "plugins[0] is not an object"],
    [{ ...list, plugins: [bridge, {}] }, "plugins[1]: type is missing"],
    [{ ...list, plugins: [{ type: "../sh" }] }, 'plugins[0]: type "../sh" is not a file name'],
    [{ ...list, plugins: [{ type: ".." }] }, 'plugins[0]: type ".." is not a file name'],
    [{ ...list, plugins: [{ ...bridge, capabilities: [] }] }, "plugins[0]: capabilities is not an object"],
    [{ cniVersion: "1.1.0", name: "net", loadOnlyInlinedPlugins: true }, "plugins is not a list of plugins"],
  ])("refuses %j", (config, problem) => {
    expect(() => decode(config)).toThrow(`10-net.conflist: ${problem}`);
  });

  it("decodes or refuses any JSON, and never fails otherwise", () => {
    const field = fc.constantFrom("cniVersion", "cniVersions", "name", "plugins", "type", "capabilities", "disableGC");
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (object) => {
        const outcome = attempt(() => decode({ ...list, ...object }));

        expect(outcome).toMatch(/^decoded$|^10-net\.conflist: /);
      }),
    );
  });
});

describe("decodeCniPluginConfig()", () => {
  it("decodes one plugin's object", () => {
    expect(decodeCniPluginConfig('{"type":"tuning","capabilities":{"mac":true}}')).toMatchObject({
      type: "tuning",
      capabilities: ["mac"],
    });
  });
});

function attempt(act: () => unknown): string {
  try {
    act();
    return "decoded";
  } catch (error) {
    return error instanceof Error ? error.message : "not an error";
  }
}
