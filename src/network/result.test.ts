import { describe, expect, it } from "vitest";
import type { IpPreference } from "./options.ts";
import { readPluginResult, toAttachment } from "./result.ts";
import type { NetworkAttachment } from "./types.ts";

const pod = { name: "eth0", mac: "aa:00:00:00:00:02", sandbox: "/run/netns/x" };
const onHost = { name: "cni0", mac: "aa:00:00:00:00:01" };

function attachment(result: object, preference: IpPreference = "ipv4"): NetworkAttachment {
  const text = JSON.stringify({ cniVersion: "1.0.0", ...result });
  return toAttachment("net", "eth0", readPluginResult("bridge", text, "1.0.0"), preference);
}

describe("readPluginResult()", () => {
  it("keeps the text of a result in the version that was asked for", () => {
    const text = '{ "cniVersion": "1.0.0", "x": 1.0 }';

    expect(readPluginResult("bridge", `${text}\n`, "1.0.0").text).toBe(text);
  });

  it("names the version where the plugin left it out", () => {
    const { text } = readPluginResult("old", '{"ips":[{"address":"10.0.0.2/24"}]}', "1.0.0");

    expect(JSON.parse(text)).toEqual({ cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] });
  });

  it("names the family of addresses for versions before 1.0.0", () => {
    const ips = [{ address: "10.0.0.2/24" }, { address: "fd00::2/64" }, { version: "4", address: "10.0.0.3/24" }];
    const { text } = readPluginResult("new", JSON.stringify({ cniVersion: "1.0.0", ips }), "0.3.1");

    expect(JSON.parse(text)).toEqual({
      cniVersion: "0.3.1",
      ips: [
        { version: "4", address: "10.0.0.2/24" },
        { version: "6", address: "fd00::2/64" },
        { version: "4", address: "10.0.0.3/24" },
      ],
    });
  });

  it("names the plugin that printed something else", () => {
    expect(() => readPluginResult("bridge", "done\n", "1.0.0")).toThrow("plugin bridge: ADD: result: not JSON");
  });
});

describe("toAttachment()", () => {
  it("takes the addresses of the pod's interface, not those of the host's", () => {
    const ips = [
      { address: "10.0.0.1/24", interface: 0 },
      { address: "10.0.0.2/24", interface: 1 },
    ];

    expect(attachment({ interfaces: [onHost, pod], ips })).toMatchObject({
      networkName: "net",
      interfaceName: "eth0",
      ips: ["10.0.0.2"],
      mac: "aa:00:00:00:00:02",
    });
  });

  it("takes addresses that name no interface", () => {
    expect(attachment({ ips: [{ address: "10.0.0.2/24" }] })).not.toHaveProperty("mac");
    expect(attachment({ ips: [{ address: "10.0.0.2/24" }] }).ips).toEqual(["10.0.0.2"]);
  });

  it("takes what there is from plugins that tell no namespace", () => {
    const result = { interfaces: [{ name: "eth0" }], ips: [{ address: "10.0.0.2/24", interface: 0 }] };

    expect(attachment(result).ips).toEqual(["10.0.0.2"]);
  });

  it.each([
    ["ipv4", ["10.0.0.2", "fd00::2", "fd00::3"]],
    ["ipv6", ["fd00::2", "10.0.0.2", "fd00::3"]],
    ["as-listed", ["fd00::2", "10.0.0.2", "fd00::3"]],
  ] as const)("puts the primary address of preference %s first", (preference, expected) => {
    const ips = ["fd00::2/64", "10.0.0.2/24", "fd00::3/64"].map((address) => ({ address }));

    expect(attachment({ ips }, preference).ips).toEqual(expected);
  });

  it("refuses a result without an address", () => {
    expect(() => attachment({ interfaces: [pod] })).toThrow("result has no address for eth0");
  });
});
