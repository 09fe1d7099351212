import { expect, test } from "vitest";
import type { PortMapping } from "#spec";
import { assertPortMappings } from "./port-mappings.ts";

const mapping: PortMapping = { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" };

test("assertPortMappings() takes the same port of another protocol or address, and ports without a host's", () => {
  const mappings: readonly PortMapping[] = [
    mapping,
    { ...mapping, protocol: "udp" },
    { ...mapping, hostIp: "fd00::1" },
    { ...mapping, hostPort: 0 },
    { ...mapping, hostPort: 0 },
  ];

  expect(() => assertPortMappings(mappings)).not.toThrow();
});

test.each<[string, Partial<PortMapping>]>([
  ["port_mappings[1].container_port: must be 1 to 65535, is 0", { containerPort: 0 }],
  ["port_mappings[1].container_port: must be 1 to 65535, is 65536", { containerPort: 65_536 }],
  ["port_mappings[1].host_port: must be 0 to 65535, is -1", { hostPort: -1 }],
  ["port_mappings[1].host_port: must be 0 to 65535, is 70000", { hostPort: 70_000 }],
  ["port_mappings[1].host_ip: localhost; drop is no IP address", { hostPort: 1, hostIp: "localhost; drop" }],
  ["port_mappings[1].host_ip: fe80::1%eth0 is no IP address", { hostPort: 1, hostIp: "fe80::1%eth0" }],
  ["port_mappings[1].host_port: is that of port_mappings[0] too", { containerPort: 81 }],
])("assertPortMappings() says %s", (problem, change) => {
  expect(() => assertPortMappings([mapping, { ...mapping, ...change }])).toThrow(problem);
});
