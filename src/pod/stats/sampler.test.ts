import { expect, test } from "vitest";
import type { CgroupUsage } from "#host";
import type { InterfaceCounters } from "#spec";
import { FakeNode } from "../engine-fixture.ts";
import { containerConfig, sandboxConfig } from "../fixtures.ts";
import type { NativeEngine } from "../native-engine.ts";
import type { SandboxDetail } from "./types.ts";

function usageOf(rssBytes: bigint): CgroupUsage {
  const none = { cacheBytes: 0n, mappedFileBytes: 0n, activeFileBytes: 0n, inactiveFileBytes: 0n };
  const reclaim = {
    dirtyBytes: rssBytes,
    writebackBytes: 0n,
    scannedPages: undefined,
    stolenPages: undefined,
    refaultedAnon: 0n,
    refaultedFile: 0n,
  };
  const counts = { pageFaults: 0n, majorPageFaults: 0n, usageBytes: rssBytes, workingSetBytes: rssBytes };
  return {
    cpu: { usageNanos: rssBytes, pressure: undefined },
    memory: { ...none, ...counts, reclaim, rssBytes, limitBytes: undefined, pressure: undefined },
    swap: undefined,
    io: { pressure: undefined },
  };
}

function interfaceOf(name: string, bytes: bigint): InterfaceCounters {
  const counters = { bytes, packets: 1n, errors: 0n, dropped: 0n };
  return { name, received: counters, sent: counters };
}

/** Runs a pod with a container that uses so much, in a cgroup of its own below the pod's. */
async function runPod(node: FakeNode, engine: NativeEngine, { uid, cgroupParent, rss }: Pod): Promise<string> {
  const config = sandboxConfig({ cgroupParent, metadata: { name: uid, namespace: "default", uid, attempt: 0 } });
  const sandboxId = await engine.runSandbox(config, "");
  const containerId = await engine.createContainer(sandboxId, containerConfig());
  await engine.startContainer(containerId);
  const path = `${cgroupParent}/${containerId}`;
  await node.host.cgroups.ensure(path);
  node.host.cgroups.use(path, usageOf(rss));
  return sandboxId;
}

interface Pod {
  readonly uid: string;
  readonly cgroupParent: string;
  readonly rss: bigint;
}

test("a pod with a cgroup of its own has used what that says, more than its containers", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await runPod(node, engine, { uid: "one", cgroupParent: "/kubepods/one", rss: 30n });
  node.host.cgroups.use("/kubepods/one", usageOf(50n));

  const { sample, containers } = await engine.sandboxStats(sandboxId);

  expect(sample.usage.memory.rssBytes).toBe(50n);
  expect(containers.map((each) => each.sample?.usage.memory.rssBytes)).toEqual([30n]);
});

test("pods that share a cgroup have each used what their own containers have", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await runPod(node, engine, { uid: "one", cgroupParent: "/pods", rss: 30n });
  await runPod(node, engine, { uid: "two", cgroupParent: "/pods", rss: 40n });
  node.host.cgroups.use("/pods", usageOf(90n));

  const stats = await engine.listSandboxStats({});

  expect(stats.map(({ sample }) => sample.usage.memory.rssBytes)).toEqual([30n, 40n]);
  expect(stats.map(({ sample }) => sample.usage.memory.reclaim)).toMatchObject([
    { dirtyBytes: 30n, scannedPages: undefined },
    { dirtyBytes: 40n, scannedPages: undefined },
  ]);
});

test("the interface of the pod's address comes first, and the loopback does not count", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await runPod(node, engine, { uid: "one", cgroupParent: "/kubepods/one", rss: 1n });
  const pin = [...node.host.namespaces.pinned].find(([, { kind }]) => kind === "net")?.[0] ?? "";
  node.host.namespaces.count(pin, [interfaceOf("lo", 9n), interfaceOf("net1", 5n), interfaceOf("eth0", 7n)]);

  const { network } = await engine.sandboxStats(sandboxId);

  expect(network?.interfaces.map(({ name, received }) => [name, received.bytes])).toEqual([
    ["eth0", 7n],
    ["net1", 5n],
  ]);
});

test("lists are of what runs; a container that has ended has only what it wrote", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await runPod(node, engine, { uid: "one", cgroupParent: "/kubepods/one", rss: 1n });
  const [container] = engine.listContainers({});
  await engine.stopContainer(container?.id ?? "", 0);
  await engine.stopSandbox(sandboxId);

  expect(await engine.listContainerStats({})).toEqual([]);
  expect(await engine.listSandboxStats({})).toEqual([]);
  expect(await engine.containerStats(container?.id ?? "")).toMatchObject({ sample: undefined });
  await expect(engine.containerStats("0000")).rejects.toMatchObject({ kind: "not-found" });
});

async function detailsOf(engine: NativeEngine): Promise<readonly SandboxDetail[]> {
  const details: SandboxDetail[] = [];
  for await (const detail of engine.sandboxDetails()) details.push(detail);
  return details;
}

test("a pod's own cgroup is told of in detail; one that several share is nobody's", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await runPod(node, engine, { uid: "one", cgroupParent: "/kubepods/one", rss: 30n });
  await runPod(node, engine, { uid: "two", cgroupParent: "/pods", rss: 30n });
  await runPod(node, engine, { uid: "three", cgroupParent: "/pods", rss: 30n });

  const details = await detailsOf(engine);

  expect(details.map(({ cgroupPath, detail }) => [cgroupPath, detail !== undefined])).toEqual([
    ["/kubepods/one", true],
    ["/pods", false],
    ["/pods", false],
  ]);
  expect(details.map(({ containers }) => containers.length)).toEqual([1, 1, 1]);
});
