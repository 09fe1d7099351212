import { describe, expect, it } from "vitest";
import type { PortMapping } from "#spec";
import { sandboxConfig, sandboxRecord } from "../fixtures.ts";
import type { SandboxRecord } from "../records.ts";
import { assertHostPortsFree } from "./host-ports.ts";

const web: PortMapping = { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" };
const metadata = { name: "web-0", namespace: "shop", uid: "u", attempt: 0 };

function owner(mapping: Partial<PortMapping> = {}, changes: Partial<SandboxRecord> = {}): SandboxRecord {
  const config = sandboxConfig({ metadata, portMappings: [{ ...web, ...mapping }] });
  return sandboxRecord({ config, ...changes });
}

function asking(mapping: Partial<PortMapping>): () => void {
  const portMappings = [
    { ...web, hostPort: 0 },
    { ...web, ...mapping },
  ];
  return () => assertHostPortsFree([owner()], sandboxConfig({ portMappings }));
}

describe("assertHostPortsFree()", () => {
  it("names the field, the port and the pod that has it", () => {
    expect(asking({})).toThrowError(
      expect.objectContaining({
        kind: "busy",
        message: `port_mappings[1].host_port: tcp 8080 of the node leads to pod shop/web-0 (sandbox ${owner().id})`,
      }),
    );
  });

  it("lets other ports and protocols pass", () => {
    expect(asking({ hostPort: 8081 })).not.toThrow();
    expect(asking({ protocol: "udp" })).not.toThrow();
  });

  it.each([
    ["", "192.0.2.1"],
    ["", "fd00::1"],
    ["", "::"],
    ["0.0.0.0", "0.0.0.0"],
    ["0.0.0.0", "192.0.2.1"],
    ["192.0.2.1", "192.0.2.1"],
    ["::", "fd00::1"],
    ["0:0::0", "fd00::1"],
    ["fd00:0:0::1", "FD00::0001"],
  ])("takes %j and %j for the same place, in either order", (one, other) => {
    const config = sandboxConfig({ portMappings: [{ ...web, hostIp: other }] });
    const reverse = sandboxConfig({ portMappings: [{ ...web, hostIp: one }] });

    expect(() => assertHostPortsFree([owner({ hostIp: one })], config)).toThrow("tcp 8080");
    expect(() => assertHostPortsFree([owner({ hostIp: other })], reverse)).toThrow("tcp 8080");
  });

  it.each([
    ["0.0.0.0", "::"],
    ["0.0.0.0", "fd00::1"],
    ["192.0.2.1", "192.0.2.2"],
    ["192.0.2.1", "::"],
    ["fd00::1", "fd00::2"],
  ])("tells %s from %s", (one, other) => {
    const config = sandboxConfig({ portMappings: [{ ...web, hostIp: other }] });

    expect(() => assertHostPortsFree([owner({ hostIp: one })], config)).not.toThrow();
  });

  it("counts pods until their network has been given back, and none without a network of its own", () => {
    const config = sandboxConfig({ portMappings: [web] });
    const { security } = config;
    const onNode = { ...security, namespaces: { ...security.namespaces, network: "node" } } as const;
    const stopping = owner({}, { status: { phase: "stopping", problem: "no plugin" } });
    const nodeOwner = sandboxRecord({ config: sandboxConfig({ portMappings: [web], security: onNode }) });

    expect(() => assertHostPortsFree([owner({}, { status: { phase: "creating" } })], config)).toThrow("tcp 8080");
    expect(() => assertHostPortsFree([stopping], config)).toThrow("tcp 8080");
    expect(() => assertHostPortsFree([owner({}, { status: { phase: "stopped" } })], config)).not.toThrow();
    expect(() => assertHostPortsFree([nodeOwner], config)).not.toThrow();
    expect(() =>
      assertHostPortsFree([owner()], sandboxConfig({ portMappings: [web], security: onNode })),
    ).not.toThrow();
  });
});
