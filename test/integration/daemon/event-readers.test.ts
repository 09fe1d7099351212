import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type ContainerEventResponse,
  ContainerEventType,
  ContainerState,
  PodSandboxState,
} from "#proto/cri/v1/runtime_pb.js";
import { podConfig } from "../../support/pod-config.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { watchPeak } from "./peak-memory.ts";
import { createShell, idle, runPod, startShell, type TestPod } from "./pod-acts.ts";
import { readEvents } from "./read-events.ts";
import { scrapeOf } from "./scrape.ts";

const daemon = useDaemon({ config: '[metrics]\naddress = "127.0.0.1:0"\n' });
const crispPath = path.resolve(import.meta.dirname, "../../../bin/crisp");

function typeOf({ containerEventType }: ContainerEventResponse): string {
  return (ContainerEventType[containerEventType] ?? "").replace(/^CONTAINER_|_EVENT$/g, "").toLowerCase();
}

async function nextOf(events: AsyncIterator<ContainerEventResponse, unknown>): Promise<ContainerEventResponse> {
  const next = await events.next();
  if (next.done === true) throw new Error("the events have ended");
  return next.value;
}

async function removePod({ id }: TestPod): Promise<void> {
  await daemon().client.stopPodSandbox({ podSandboxId: id });
  await daemon().client.removePodSandbox({ podSandboxId: id });
}

/** How a pod stood at an event. */
function standingIn({ podSandboxStatus, containersStatuses }: ContainerEventResponse): string {
  const pod = PodSandboxState[podSandboxStatus?.state ?? -1]?.replace("SANDBOX_", "").toLowerCase();
  const containers = containersStatuses.map(
    ({ metadata, state }) => `${metadata?.name} ${ContainerState[state].replace("CONTAINER_", "").toLowerCase()}`,
  );
  return [pod, ...containers].join(", ");
}

test("every event has the pod and all its containers as they were then, those of what is gone too", async () => {
  const { client } = daemon();
  const { events, stop } = readEvents(client);
  const pod = await runPod(daemon());
  const one = await startShell(daemon(), pod, idle, { metadata: { name: "one" } });
  const two = await createShell(daemon(), pod, idle, { metadata: { name: "two" } });
  await client.removeContainer({ containerId: two });
  await client.stopPodSandbox({ podSandboxId: pod.id });
  await client.removePodSandbox({ podSandboxId: pod.id });
  await waitFor("the last event", () => events.length >= 11);
  await stop();

  const names = new Map([
    [pod.id, "pod"],
    [one, "one"],
    [two, "two"],
  ]);
  expect(events.map((event) => `${names.get(event.containerId)} ${typeOf(event)}: ${standingIn(event)}`)).toEqual([
    "pod created: ready",
    "pod started: ready",
    "one created: ready, one created",
    "one started: ready, one running",
    "two created: ready, one running, two created",
    "two stopped: ready, one running, two exited",
    "two deleted: ready, one running",
    "one stopped: notready, one exited",
    "pod stopped: notready, one exited",
    "one deleted: notready",
    "pod deleted: notready",
  ]);
});

test("several readers of several pods at once get the same order, in which each object lives its life", async () => {
  const { client } = daemon();
  const readers = [readEvents(client), readEvents(client), readEvents(client)];
  await Promise.all(
    ["a", "b", "c", "d"].map(async (name) => {
      const pod = await runPod(daemon(), { metadata: { name, namespace: "default", uid: name } });
      await startShell(daemon(), pod, "exit 0");
      await removePod(pod);
    }),
  );
  await waitFor("all events", () => readers.every(({ events }) => events.length >= 32));
  for (const { stop } of readers) await stop();

  const [told = [], ...others] = readers.map(({ events }) =>
    events.map((event) => `${event.containerId} ${typeOf(event)} ${event.createdAt}`),
  );
  expect(others).toEqual([told, told]);
  const [{ events }] = readers as [(typeof readers)[number]];
  const times = events.map(({ createdAt }) => createdAt);
  expect(times).toEqual([...new Set(times)].toSorted((a, b) => Number(a - b)));
  const lives = Map.groupBy(events, ({ containerId }) => containerId);
  expect([...lives.values()].map((life) => life.map(typeOf))).toEqual(
    Array(8).fill(["created", "started", "stopped", "deleted"]),
  );
});

/** In each of sixty events: more, together, than crispd may grow by. */
const large = "x".repeat(1024 * 1024);
const containerCount = 20;
const maxGrowthBytes = 32 * 1024 * 1024;

test("a reader that does not read holds up nobody, costs bounded memory, and gets every event at last", async () => {
  const { client, crispd, workspace } = daemon();
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const reading = client.getContainerEvents({}, { signal: abort.signal })[Symbol.asyncIterator]();
  const first = nextOf(reading);
  const pod = await runPod(daemon(), { annotations: { large } });
  await first;
  // Its annotations come with every event, and need not come with every request.
  const small = { ...pod, config: podConfig(workspace, "pod") };
  const peakGrowth = await watchPeak(crispd);

  const ids: string[] = [];
  for (let attempt = 0; attempt < containerCount; attempt += 1) {
    const containerId = await createShell(daemon(), small, idle, { metadata: { name: "main", attempt } });
    await client.removeContainer({ containerId });
    ids.push(containerId);
  }
  const grownBy = await peakGrowth();
  const told: string[] = [];
  while (told.length < 1 + 3 * containerCount) {
    const event = await nextOf(reading);
    expect(event.podSandboxStatus?.annotations["large"]).toHaveLength(large.length);
    told.push(`${event.containerId} ${typeOf(event)}`);
  }

  const lives = ids.flatMap((id) => ["created", "stopped", "deleted"].map((type) => `${id} ${type}`));
  expect(told).toEqual([`${pod.id} started`, ...lives]);
  expect(grownBy).toBeLessThan(maxGrowthBytes);
});

async function openStreams(): Promise<number | undefined> {
  const labels = 'service="runtime.v1.RuntimeService",method="GetContainerEvents"';
  return (await scrapeOf(daemon().crispd)).get(`crisp_rpc_in_flight{${labels}}`);
}

test("readers that go, politely or killed, leave nothing behind", async () => {
  const { client, crispd } = daemon();
  const readers = Array.from({ length: 20 }, () => readEvents(client));
  const child = spawn(crispPath, ["-r", `unix://${crispd.socketPath}`, "events"], { stdio: "ignore" });
  await waitFor("all readers", async () => (await openStreams()) === readers.length + 1);

  child.kill("SIGKILL");
  await once(child, "close");
  await waitFor("the end of the killed one", async () => (await openStreams()) === readers.length);
  for (const { stop } of readers) await stop();

  await expect.poll(openStreams).toBe(0);
});
