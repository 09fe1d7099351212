import { expect, test } from "vitest";
import type { SandboxId } from "#foundation";
import { FakeHost } from "#host";
import { decodeCniNetworkConfig } from "#spec";
import { AttachmentCache } from "../attachment-cache.ts";
import { prepareNetwork } from "../prepared-network.ts";
import type { HostPortsTarget } from "./host-ports.ts";
import { auditHostPorts, type InspectContext, publishAgain } from "./inspect.ts";

const [withPorts, without, halfMade] = ["5a", "5b", "5c"].map((digits) => digits.repeat(32) as SandboxId) as [
  SandboxId,
  SandboxId,
  SandboxId,
];
const network = prepareNetwork(
  decodeCniNetworkConfig(JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins: [{ type: "bridge" }] })),
);
const result = JSON.stringify({
  cniVersion: "1.0.0",
  interfaces: [{ name: "eth0", sandbox: "/ns" }],
  ips: [{ address: "10.0.0.2/24", interface: 0 }],
});
const port = { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" } as const;

interface Inspected extends InspectContext {
  readonly published: HostPortsTarget[];
  /** The sandboxes that were said to want a table. */
  readonly wanted: SandboxId[];
}

async function inspected(): Promise<Inspected> {
  const cache = new AttachmentCache(new FakeHost().files, "/var/lib/crisp/network");
  await cache.open();
  for (const sandboxId of [withPorts, without, halfMade]) {
    const args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web";
    const hostPorts = sandboxId === without ? [] : [port];
    const known = { sandboxId, netnsPath: "/ns", interfaceName: "eth0", args, capabilityArgs: {}, hostPorts };
    await cache.writeIntent(known, network);
    if (sandboxId !== halfMade) await cache.writeResult(sandboxId, result);
  }
  const published: HostPortsTarget[] = [];
  const wanted: SandboxId[] = [];
  return {
    cache,
    published,
    wanted,
    hostPorts: {
      publish: async (target) => void published.push(target),
      audit: async (_listKnown, sandboxIds) => {
        wanted.push(...sandboxIds);
        return { strays: [], unpublished: sandboxIds };
      },
    },
  };
}

test("auditHostPorts() wants the tables of those whose attach has ended well and has ports", async () => {
  const context = await inspected();

  expect(await auditHostPorts(context)).toEqual({ strays: [], unpublished: [withPorts] });
  expect(context.wanted).toEqual([withPorts]);
});

test("publishAgain() publishes what the attach did, under the pod's name", async () => {
  const context = await inspected();

  for (const sandboxId of [withPorts, without, halfMade, "5d".repeat(32) as SandboxId]) {
    await publishAgain(sandboxId, context);
  }

  expect(context.published).toMatchObject([
    {
      sandboxId: withPorts,
      podName: "web",
      podNamespace: "default",
      ports: [{ hostPort: 8080, containerPort: 80, target: { ip: "10.0.0.2", family: "ipv4" } }],
    },
  ]);
});
