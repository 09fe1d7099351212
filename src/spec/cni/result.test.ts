import { describe, expect, it } from "vitest";
import { decodeCniResult } from "./result.ts";

const full = {
  cniVersion: "1.0.0",
  interfaces: [
    { name: "cni0", mac: "aa:00:00:00:00:01" },
    { name: "eth0", mac: "aa:00:00:00:00:02", sandbox: "/run/netns/x" },
  ],
  ips: [
    { address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 1 },
    { address: "fd00::5/64", interface: 1 },
  ],
  routes: [{ dst: "0.0.0.0/0" }],
};

describe("decodeCniResult()", () => {
  it("decodes interfaces and addresses of both families", () => {
    expect(decodeCniResult(JSON.stringify(full))).toEqual({
      cniVersion: "1.0.0",
      interfaces: [
        { name: "cni0", mac: "aa:00:00:00:00:01" },
        { name: "eth0", mac: "aa:00:00:00:00:02", sandbox: "/run/netns/x" },
      ],
      ips: [
        { ip: "10.1.0.5", family: "ipv4", prefixLength: 16, interface: 1 },
        { ip: "fd00::5", family: "ipv6", prefixLength: 64, interface: 1 },
      ],
    });
  });

  it("takes a result that leaves everything out, or says null", () => {
    expect(decodeCniResult('{"interfaces":null,"dns":{}}')).toEqual({ interfaces: [], ips: [] });
  });

  it("takes an address without a prefix as one host's", () => {
    expect(decodeCniResult('{"ips":[{"address":"10.1.0.5"},{"address":"fd00::5"}]}').ips).toEqual([
      { ip: "10.1.0.5", family: "ipv4", prefixLength: 32 },
      { ip: "fd00::5", family: "ipv6", prefixLength: 128 },
    ]);
  });

  it("takes -1 as no interface, as old plugins write it", () => {
    expect(decodeCniResult('{"ips":[{"version":"4","address":"10.1.0.5/16","interface":-1}]}').ips).toEqual([
      { ip: "10.1.0.5", family: "ipv4", prefixLength: 16, interface: -1 },
    ]);
  });

  it.each([
    ['{"ips":[{"address":"10.1.0"}]}', 'result: ips: "10.1.0" is not an address'],
    ['{"ips":[{"address":"10.1.0.5/33"}]}', 'result: ips: "10.1.0.5/33" is not an address'],
    ['{"ips":[{"address":"fd00::5/x"}]}', 'result: ips: "fd00::5/x" is not an address'],
    ['{"ips":[{}]}', 'result: ips: "" is not an address'],
    ['{"ips":[{"address":"10.1.0.5/16","interface":0}]}', "result: ips: interface 0 is not one of 0 interfaces"],
    ['{"ips":{}}', "result: ips: not a list of objects"],
    ['{"interfaces":["eth0"]}', "result: interfaces: not a list of objects"],
    ['{"interfaces":[{"name":1}]}', "result: interfaces: name is not a string"],
    ['{"cniVersion":1}', "result: cniVersion is not a string"],
  ])("refuses %s", (text, problem) => {
    expect(() => decodeCniResult(text)).toThrow(problem);
  });

  it("refuses every truncation", () => {
    const text = JSON.stringify(full);
    const lengths = Array.from({ length: text.length - 1 }, (_, length) => length);

    expect(lengths.filter((length) => isAccepted(text.slice(0, length)))).toEqual([]);
  });
});

function isAccepted(text: string): boolean {
  try {
    decodeCniResult(text);
    return true;
  } catch {
    return false;
  }
}
