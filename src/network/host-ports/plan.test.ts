import { expect, test } from "vitest";
import type { CniAddress, PortMapping } from "#spec";
import { planHostPorts } from "./plan.ts";

const ipv4: CniAddress = { ip: "10.1.2.3", family: "ipv4", prefixLength: 24 };
const ipv6: CniAddress = { ip: "fd00::3", family: "ipv6", prefixLength: 64 };
const mapping: PortMapping = { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" };
const planned = { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" };

test("planHostPorts() leads a port without an address to every family of the pod, once each", () => {
  const second = { ...ipv4, ip: "10.9.9.9" };

  expect(planHostPorts([mapping], [ipv6, ipv4, second])).toEqual([
    { ...planned, target: ipv4 },
    { ...planned, target: ipv6 },
  ]);
});

test.each([
  ["0.0.0.0", "", ipv4],
  ["::", "", ipv6],
  ["192.0.2.1", "192.0.2.1", ipv4],
  ["2001:db8::1", "2001:db8::1", ipv6],
])("planHostPorts() leads a port of %s to the pod's address of that family", (asked, hostIp, target) => {
  expect(planHostPorts([{ ...mapping, hostIp: asked }], [ipv4, ipv6])).toEqual([{ ...planned, hostIp, target }]);
});

test("planHostPorts() refuses a family that the pod has not", () => {
  expect(() => planHostPorts([{ ...mapping, hostIp: "::" }], [ipv4])).toThrow(
    "host port 8080 on ::: the pod has no address of that family",
  );
});

test.each(["::1", "0:0:0:0:0:0:0:1"])("planHostPorts() refuses %s", (hostIp) => {
  expect(() => planHostPorts([{ ...mapping, hostIp }], [ipv4, ipv6])).toThrow("host port 8080 on ::1");
});
