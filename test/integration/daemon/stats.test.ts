import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type ContainerStats,
  type MemoryUsage,
  NamespaceMode,
  type PodSandboxStats,
} from "#proto/cri/v1/runtime_pb.js";
import { needing } from "../../support/needing.ts";
import { slowness } from "../../support/slowness.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, createShell, execSync, exited, idle, runPod, sandboxStatus, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

const mebibyte = 1024n * 1024n;
const second = 1_000_000_000n;

async function statsOf(containerId: string): Promise<ContainerStats> {
  const { stats } = await daemon().client.containerStats({ containerId });
  if (stats === undefined) throw new Error(`stats of container ${containerId}: none`);
  return stats;
}

async function podStatsOf(podSandboxId: string): Promise<PodSandboxStats> {
  const { stats } = await daemon().client.podSandboxStats({ podSandboxId });
  if (stats === undefined) throw new Error(`stats of sandbox ${podSandboxId}: none`);
  return stats;
}

const counting = needing("count processor time as the node does");

test("a container that burns a processor for a known time used that time", counting, async () => {
  const pod = await runPod(daemon());
  // The scheduler's own count, read without starting anything: two seconds, however busy the machine is.
  const spin = "i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done; read ns rest < /proc/$$/schedstat || exit 1";
  const script = `ns=0; while [ $ns -lt 2000000000 ]; do ${spin}; done; touch /burnt; ${idle}`;
  const containerId = await startShell(daemon(), pod, script);
  const first = await statsOf(containerId);
  await waitFor(
    "the end of the loop",
    async () => {
      const { exitCode } = await execSync(daemon().client, containerId, ["test", "-e", "/burnt"]);
      return exitCode === 0 || undefined;
    },
    { timeoutMs: 60_000 },
  );

  const burnt = await statsOf(containerId);

  const used = burnt.cpu?.usageCoreNanoSeconds?.value ?? 0n;
  expect(used).toBeGreaterThanOrEqual(2n * second);
  // Asking for the end of the loop takes its time in the container too.
  expect(used).toBeLessThan(((20n + 5n * BigInt(slowness)) * second) / 10n);
  const spent = used - (first.cpu?.usageCoreNanoSeconds?.value ?? 0n);
  const elapsed = (burnt.cpu?.timestamp ?? 0n) - (first.cpu?.timestamp ?? 0n);
  expect(burnt.cpu?.usageNanoCores?.value).toBe((spent * second) / elapsed);
});

/** Where the kernel counts the pressure of cgroups: everywhere on v2, in the tree of its own on hybrid machines. */
const pressureFile = ["/sys/fs/cgroup/unified/cgroup.procs", "/sys/fs/cgroup/cgroup.controllers"].find(existsSync);
const hasPressure = pressureFile !== undefined && existsSync("/proc/pressure/cpu");

const pressed = needing("be told of pressure");

test.runIf(hasPressure)("a container of two programs on one processor is told of its wait", pressed, async () => {
  const pod = await runPod(daemon());
  const burn = "while :; do :; done &";
  const containerId = await startShell(daemon(), pod, `${burn} ${burn} ${idle}`, { resources: { cpusetCpus: "0" } });

  // While one runs, the other waits.
  const { memory, io } = await waitFor("eight tenths of a second of it", async () => {
    const stats = await statsOf(containerId);
    return (stats.cpu?.psi?.Some?.Total ?? 0n) >= 800_000n && stats;
  });

  expect([memory, io]).toMatchObject(Array(2).fill({ psi: { Some: {}, Full: {} } }));
});

const memoryLimit = 256n * mebibyte;

/** What a container of that limit uses while it holds 64 MiB. */
async function memoryOfHolder(): Promise<MemoryUsage | undefined> {
  const pod = await runPod(daemon());
  const resources = { memoryLimitInBytes: memoryLimit };
  // dd's buffer is anonymous memory of a known size, touched in whole, and held until its reader reads.
  const hold = "mkfifo /f; dd if=/dev/zero of=/f bs=64M count=1 & exec 3</f; head -c 1 <&3 >/dev/null; touch /held;";
  const containerId = await startShell(daemon(), pod, `${hold} ${idle}`, { resources });
  await waitFor("the buffer", async () => {
    const { exitCode } = await execSync(daemon().client, containerId, ["test", "-e", "/held"]);
    return exitCode === 0 || undefined;
  });
  const { memory } = await statsOf(containerId);
  return memory;
}

test("a container's working set is no less than what it allocated, and no more than all that it uses", async () => {
  const memory = await memoryOfHolder();

  const workingSet = memory?.workingSetBytes?.value ?? 0n;
  expect(workingSet).toBeGreaterThanOrEqual(64n * mebibyte);
  expect(workingSet).toBeGreaterThanOrEqual(memory?.rssBytes?.value ?? 0n);
  expect(workingSet).toBeLessThanOrEqual(memory?.usageBytes?.value ?? 0n);
  expect(memory?.availableBytes?.value).toBe(memoryLimit - workingSet);
  // A fault a page, or one a huge page.
  expect(memory?.pageFaults?.value).toBeGreaterThan(32n);
});

test("a container's resident memory is what it allocated", needing("have memory of processes"), async () => {
  const rss = (await memoryOfHolder())?.rssBytes?.value ?? 0n;

  expect(rss).toBeGreaterThanOrEqual(64n * mebibyte);
  expect(rss).toBeLessThan(72n * mebibyte);
});

test("the writable layer is measured in the background, to the bytes and files that were written", async () => {
  const { client, workspace } = daemon();
  const pod = await runPod(daemon());
  const script = `head -c ${8n * mebibyte} /dev/urandom > /big; mkdir /d; touch /d/a /d/b; sync; touch /synced; ${idle}`;
  const containerId = await startShell(daemon(), pod, script);
  await waitFor("the files", async () => {
    const { exitCode } = await execSync(client, containerId, ["test", "-e", "/synced"]);
    return exitCode === 0 || undefined;
  });

  const layer = await waitFor("the measurement", async () => {
    const { stats } = await client.listContainerStats({ filter: { id: containerId } });
    return stats[0]?.writableLayer;
  });

  expect(layer.usedBytes?.value).toBeGreaterThanOrEqual(8n * mebibyte);
  expect(layer.usedBytes?.value).toBeLessThan(9n * mebibyte);
  // The root itself, big, d, a, b, synced, and what the runtime makes for its mounts.
  expect(layer.inodesUsed?.value).toBeGreaterThanOrEqual(6n);
  expect(layer.inodesUsed?.value).toBeLessThan(20n);
  expect(layer.fsId?.mountpoint.startsWith(workspace.dir)).toBe(true);
  expect(layer.timestamp).toBeGreaterThan(0n);
});

async function trafficOf(podSandboxId: string): Promise<{ readonly received: bigint; readonly sent: bigint }> {
  const { linux } = await podStatsOf(podSandboxId);
  const eth0 = linux?.network?.defaultInterface;
  expect(eth0?.name).toBe("eth0");
  expect(linux?.network?.interfaces.map(({ name }) => name)).toEqual(["eth0"]);
  return { received: eth0?.rxBytes?.value ?? 0n, sent: eth0?.txBytes?.value ?? 0n };
}

test("a pod's network counts the bytes that were sent", needing("wait for sockets"), async () => {
  const { client } = daemon();
  const server = await runPod(daemon(), { metadata: { name: "server", namespace: "default", uid: "server" } });
  const serve = "dd if=/dev/zero of=/tmp/file bs=1M count=4; touch /tmp/ready; httpd -f -p 8080 -h /tmp";
  await startShell(daemon(), server, serve);
  const address = `http://${(await sandboxStatus(client, server.id)).network?.ip}:8080`;
  await waitFor("the server", () =>
    fetch(`${address}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const reader = await runPod(daemon(), { metadata: { name: "reader", namespace: "default", uid: "reader" } });

  const reading = await startShell(daemon(), reader, `wget -q -O /got ${address}/file`);

  expect((await exited(client, reading)).exitCode).toBe(0);
  const [served, read] = [await trafficOf(server.id), await trafficOf(reader.id)];
  for (const bytes of [served.sent, read.received]) {
    expect(bytes).toBeGreaterThan(4n * mebibyte);
    expect(bytes).toBeLessThan((9n * mebibyte) / 2n);
  }
  for (const bytes of [served.received, read.sent]) expect(bytes).toBeLessThan(mebibyte / 2n);
});

test("a pod counts the processes of its containers", needing("show its processes to the node"), async () => {
  const pod = await runPod(daemon());
  // A pod of some handlers has a process of its own.
  const before = (await podStatsOf(pod.id)).linux?.process?.processCount?.value ?? 0n;
  const forks = "for i in 1 2 3; do sleep 1000 & done; exec sleep 1000";
  await startShell(daemon(), pod, forks, { metadata: { name: "one" } });
  await startShell(daemon(), pod, "exec sleep 1000", { metadata: { name: "two" } });

  const count = await waitFor("the forks", async () => {
    const found = (await podStatsOf(pod.id)).linux?.process?.processCount?.value ?? 0n;
    return found >= before + 5n && found;
  });
  expect(count).toBe(before + 5n);
});

test("a pod carries the stats of its containers", async () => {
  const pod = await runPod(daemon());
  const one = await startShell(daemon(), pod, idle, { metadata: { name: "one" } });
  const two = await startShell(daemon(), pod, idle, { metadata: { name: "two" } });

  const stats = await podStatsOf(pod.id);

  expect(stats.attributes).toMatchObject({ id: pod.id, metadata: { name: "pod", namespace: "default" } });
  expect(stats.linux?.containers.map(({ attributes }) => attributes?.id)).toEqual([one, two]);
  const sum = stats.linux?.containers.reduce((total, { memory }) => total + (memory?.rssBytes?.value ?? 0n), 0n) ?? 0n;
  const rss = stats.linux?.memory?.rssBytes?.value ?? 0n;
  expect(rss).toBeGreaterThanOrEqual(sum / 2n);
  expect(stats.linux?.cpu?.usageCoreNanoSeconds?.value).toBeGreaterThan(0n);
});

test("every field that kubelet reads without asking is there, in lists and in streams", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const bare = await runPod(daemon(), {
    metadata: { name: "bare", namespace: "default", uid: "bare" },
    namespaces: { network: NamespaceMode.NODE },
  });
  const containerId = await startShell(daemon(), pod, idle, { labels: { a: "b" }, annotations: { c: "d" } });
  await startShell(daemon(), pod, "exit 0", { metadata: { name: "ended" } }).then((id) => exited(client, id));

  const { stats } = await client.listContainerStats({ filter: { podSandboxId: pod.id } });
  const { stats: podStats } = await client.listPodSandboxStats({});

  const attributes = { id: containerId, metadata: { name: "main", attempt: 0 }, labels: { a: "b" } };
  expect(stats).toMatchObject([{ attributes: { ...attributes, annotations: { c: "d" } } }]);
  const [first] = stats;
  const { startedAt } = await containerStatus(client, containerId);
  for (const timestamp of [first?.cpu?.timestamp, first?.memory?.timestamp, first?.io?.timestamp]) {
    expect(timestamp).toBeGreaterThan(startedAt);
  }
  expect(podStats.map((each) => each.attributes?.id)).toEqual([pod.id, bare.id]);
  for (const { linux } of podStats) {
    expect(linux).toMatchObject({ cpu: { usageCoreNanoSeconds: {} }, memory: { workingSetBytes: {} }, process: {} });
  }
  expect(podStats.find((each) => each.attributes?.id === bare.id)?.linux?.network).toBeUndefined();
  const streamed = [];
  for await (const { containerStats } of client.streamContainerStats({})) streamed.push(...containerStats);
  expect(streamed.map((each) => each.attributes?.id)).toEqual([containerId]);
  const pods = [];
  for await (const { podSandboxStats } of client.streamPodSandboxStats({})) pods.push(...podSandboxStats);
  expect(pods).toHaveLength(2);
});

test("a container has its name from the beginning, its usage while it runs, and its layer to the end", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await createShell(daemon(), pod, `echo x > /file; ${idle}`);
  const attributes = { id: containerId, metadata: { name: "main", attempt: 0 } };

  const created = await statsOf(containerId);
  await client.startContainer({ containerId });
  const first = await statsOf(containerId);
  const later = await waitFor("a rate", async () => {
    const found = await statsOf(containerId);
    return found.cpu?.usageNanoCores === undefined ? undefined : found;
  });
  await client.stopContainer({ containerId, timeout: 10n });
  const layer = await waitFor("the layer of a container that has ended", async () => {
    const { writableLayer } = await statsOf(containerId);
    return (writableLayer?.inodesUsed?.value ?? 0n) > 1n ? writableLayer : undefined;
  });
  const ended = await statsOf(containerId);

  for (const stats of [created, ended]) {
    expect(stats.attributes).toMatchObject(attributes);
    expect([stats.cpu, stats.memory, stats.io, stats.swap]).toEqual(Array(4).fill(undefined));
  }
  expect(layer.usedBytes?.value).toBeGreaterThan(0n);
  // A rate needs two readings, a while apart.
  expect(first.cpu?.usageNanoCores).toBeUndefined();
  const told = { value: expect.any(BigInt) as bigint };
  for (const stats of [first, later]) {
    expect(stats).toMatchObject({
      attributes,
      cpu: { usageCoreNanoSeconds: told },
      memory: { workingSetBytes: told, usageBytes: told, rssBytes: told, pageFaults: told, majorPageFaults: told },
    });
  }
  expect((await client.listContainerStats({ filter: { id: containerId } })).stats).toEqual([]);
});

test("the streamed lists are the lists", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, idle);

  const [pods, containers, images] = [[] as unknown[], [] as unknown[], [] as unknown[]];
  for await (const piece of client.streamPodSandboxes({})) pods.push(...piece.podSandboxes);
  for await (const piece of client.streamContainers({})) containers.push(...piece.containers);
  for await (const piece of client.streamImages({})) images.push(...piece.images);

  expect(pods).toEqual((await client.listPodSandbox({})).items);
  expect(containers).toEqual((await client.listContainers({})).containers);
  expect(images).toEqual((await client.listImages({})).images);
  expect([pods.length, containers.length, images.length]).toEqual([1, 1, 1]);
});

test("stats of what is not there are NotFound", async () => {
  const { client } = daemon();

  await expect(client.containerStats({ containerId: "0000" })).rejects.toMatchObject({ kind: "not-found" });
  await expect(client.podSandboxStats({ podSandboxId: "0000" })).rejects.toMatchObject({ kind: "not-found" });
});
