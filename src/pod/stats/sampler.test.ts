import { expect, test, vi } from "vitest";
import type { CgroupUsage } from "#host";
import { FakeRuntime, type RuntimeStatistics } from "#runtime";
import type { InterfaceCounters } from "#spec";
import type { NativeEngine } from "../engine.ts";
import { FakeNode } from "../engine-fixture.ts";
import { containerConfig, sandboxConfig } from "../fixtures.ts";
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

/** What a runtime tells whose containers are in no cgroup of the node. */
function toldOf(rssBytes: bigint): RuntimeStatistics {
  const times = { userNanos: 1n, systemNanos: 2n, periods: 0n, throttledPeriods: 0n, throttledNanos: 0n };
  return {
    usage: usageOf(rssBytes),
    processCount: 7,
    detail: {
      cpu: { ...times, bursts: 0n, burstNanos: 0n },
      memory: {
        maxUsageBytes: 0n,
        kernelBytes: 0n,
        failures: 0n,
        oomKills: 0n,
        highEvents: undefined,
        maxEvents: undefined,
      },
      devices: [],
      hugePages: [],
      tasks: { current: 7n, limit: undefined },
    },
  };
}

/** A pod with a container whose processes are in machines of the runtime's. */
async function runElsewhere(runtime: FakeRuntime): Promise<{ readonly engine: NativeEngine; readonly id: string }> {
  const node = new FakeNode({ runtime });
  const engine = await node.openEngine();
  const metadata = { name: "vm", namespace: "default", uid: "vm", attempt: 0 };
  const id = await engine.runSandbox(sandboxConfig({ cgroupParent: "/kubepods/vm", metadata }), "");
  const containerId = await engine.createContainer(id, containerConfig());
  await engine.startContainer(containerId);
  await node.host.cgroups.ensure("/kubepods/vm");
  return { engine, id };
}

test("of what no cgroup has, the runtime is asked, and its pod has used what its containers have", async () => {
  const runtime = new FakeRuntime({ handler: "vm" });
  runtime.statistics = async () => toldOf(20n);
  const { engine, id } = await runElsewhere(runtime);

  const { sample, processCount, containers } = await engine.sandboxStats(id);
  const [detail] = await detailsOf(engine);

  expect([sample.usage.memory.rssBytes, processCount]).toEqual([20n, 7]);
  expect(containers.map((each) => each.sample?.usage.memory.rssBytes)).toEqual([20n]);
  expect(detail?.containers).toMatchObject([{ detail: { cpu: { userNanos: 1n } }, census: undefined }]);
});

test("a runtime that makes pods itself tells of them, with what they take beside their containers", async () => {
  const runtime = new FakeRuntime({ handler: "vm", sandboxKind: "runtime" });
  const { engine, id } = await runElsewhere(runtime);
  runtime.statistics = async (container) => toldOf(container.id === id ? 90n : 20n);

  expect((await engine.sandboxStats(id)).sample.usage.memory.rssBytes).toBe(90n);
});

test("a runtime that does not answer leaves its container without a sample, and nobody else", async () => {
  const runtime = new FakeRuntime({ handler: "vm" });
  runtime.statistics = () => Promise.reject(new Error("hangs"));
  const { engine, id } = await runElsewhere(runtime);

  const { containers } = await engine.sandboxStats(id);

  expect(containers).toMatchObject([{ sample: undefined }]);
  expect(await engine.listContainerStats({})).toHaveLength(1);
});

test("of a pod whose cgroups and network go while it is read, the rest is told, and of the other pods all", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const goes = await runPod(node, engine, { uid: "goes", cgroupParent: "/kubepods/goes", rss: 30n });
  const stays = await runPod(node, engine, { uid: "stays", cgroupParent: "/kubepods/stays", rss: 40n });
  await node.host.cgroups.remove("/kubepods/goes");
  const { namespaces } = node.host;
  const [pin = ""] = [...namespaces.pinned].find(([path, { kind }]) => kind === "net" && path.includes(goes)) ?? [];
  await namespaces.unpin(pin);

  const [stats, details] = [await engine.listSandboxStats({}), await detailsOf(engine)];

  expect(stats.map(({ sandbox, containers }) => [sandbox.id, containers.length])).toEqual([
    [goes, 1],
    [stays, 1],
  ]);
  expect(stats[0]).toMatchObject({ network: undefined, processCount: 0, containers: [{ sample: undefined }] });
  expect(stats[1]?.network).toBeDefined();
  expect(stats[1]?.containers[0]?.sample?.usage.memory.rssBytes).toBe(40n);
  expect(details.map(({ detail, containers }) => [detail !== undefined, containers.length])).toEqual([
    [false, 0],
    [true, 1],
  ]);
});

test("cgroups are read ahead in the order in which they are asked for, until the last pod was told", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await runPod(node, engine, { uid: "one", cgroupParent: "/pods", rss: 30n });
  await runPod(node, engine, { uid: "two", cgroupParent: "/pods", rss: 40n });
  const isOver = vi.fn<() => void>();
  const { cgroups } = node.host;
  const readAhead = vi.spyOn(cgroups, "readAhead").mockReturnValue({ [Symbol.dispose]: isOver });
  const asked: string[] = [];
  const usage = cgroups.usage.bind(cgroups);
  vi.spyOn(cgroups, "usage").mockImplementation((path) => {
    asked.push(path);
    return usage(path);
  });

  for await (const _detail of engine.sandboxDetails()) expect(isOver).not.toHaveBeenCalled();

  const listed = readAhead.mock.calls.flatMap(([paths]) => [...paths]);
  expect(listed.filter((path) => asked.includes(path))).toEqual([...new Set(asked)]);
  expect(new Set(listed).size).toBe(listed.length);
  expect(isOver).toHaveBeenCalledOnce();
});

test("that nothing can be read ahead costs no pod", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await runPod(node, engine, { uid: "one", cgroupParent: "/kubepods/one", rss: 30n });
  vi.spyOn(node.host.cgroups, "readAhead").mockImplementation(() => {
    throw new Error("no threads");
  });

  const details = await detailsOf(engine);

  expect(details.map(({ stats }) => stats.sandbox.id)).toEqual([sandboxId]);
});
