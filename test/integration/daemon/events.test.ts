import { execFile, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ContainerEventType, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { podConfig } from "../../support/pod-config.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, runPod, startShell } from "./pod-acts.ts";
import { readEvents } from "./read-events.ts";

const daemon = useDaemon();
const crispPath = path.resolve(import.meta.dirname, "../../../bin/crisp");

/** Runs `crisp` against the daemon; gives what it printed. */
async function crisp(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(crispPath, args, { env: crispEnvironment() });
  return stdout;
}

function crispEnvironment(): NodeJS.ProcessEnv {
  const endpoint = `unix://${daemon().crispd.socketPath}`;
  return { ...process.env, CRI_CONFIG_FILE: "/dev/null", CONTAINER_RUNTIME_ENDPOINT: endpoint };
}

/** A `crisp` that does not end by itself, and the whole lines that it has printed. */
function crispFollowing(...args: readonly string[]): AsyncDisposable & { lines(): readonly string[] } {
  const child = spawn(crispPath, args, { env: crispEnvironment(), stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => void (text += piece));
  return {
    lines: () => text.split("\n").slice(0, -1),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

test("a pod's life is one ordered stream, each event with the whole pod", async () => {
  const { client } = daemon();
  const { events, stop } = readEvents(daemon().client);

  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "exit 3");
  await exited(client, containerId);
  await client.removeContainer({ containerId });
  await client.stopPodSandbox({ podSandboxId: pod.id });
  await client.removePodSandbox({ podSandboxId: pod.id });
  await waitFor("the last event", async () => events.length >= 8 || undefined);
  await stop();

  const names = new Map([
    [pod.id, "pod"],
    [containerId, "container"],
  ]);
  expect(
    events.map(({ containerId: id, containerEventType }) => [names.get(id), ContainerEventType[containerEventType]]),
  ).toEqual([
    ["pod", "CONTAINER_CREATED_EVENT"],
    ["pod", "CONTAINER_STARTED_EVENT"],
    ["container", "CONTAINER_CREATED_EVENT"],
    ["container", "CONTAINER_STARTED_EVENT"],
    ["container", "CONTAINER_STOPPED_EVENT"],
    ["container", "CONTAINER_DELETED_EVENT"],
    ["pod", "CONTAINER_STOPPED_EVENT"],
    ["pod", "CONTAINER_DELETED_EVENT"],
  ]);
  const times = events.map(({ createdAt }) => createdAt);
  expect(times).toEqual([...new Set(times)].toSorted((a, b) => Number(a - b)));
  for (const { podSandboxStatus } of events) {
    expect(podSandboxStatus).toMatchObject({ id: pod.id, metadata: { uid: pod.config.metadata?.uid } });
  }
  expect(events[4]?.containersStatuses).toMatchObject([{ id: containerId, exitCode: 3, reason: "Error" }]);
  expect(events[5]?.containersStatuses).toEqual([]);
  expect(events[7]?.podSandboxStatus?.state).toBe(PodSandboxState.SANDBOX_NOTREADY);
});

test("a pod's status carries those of its containers, and a moment that events can be compared with", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "exit 3");
  const { finishedAt } = await exited(client, containerId);

  const { containersStatuses, timestamp } = await client.podSandboxStatus({ podSandboxId: pod.id });

  const { status } = await client.containerStatus({ containerId });
  expect(containersStatuses).toEqual([status]);
  expect(timestamp).toBeGreaterThan(finishedAt);
});

test("over kill -9 of crispd no event is lost and none is told twice, also of what happened meanwhile", async () => {
  const { client, crispd, workspace } = daemon();
  const first = readEvents(daemon().client);
  const pod = await runPod(daemon());
  const gate = await directoryIn(workspace, "gate");
  const containerId = await startShell(daemon(), pod, "until [ -e /gate/open ]; do sleep 0.05; done; exit 9", {
    mounts: [{ containerPath: "/gate", hostPath: gate }],
  });
  await waitFor("the events until then", async () => first.events.length >= 4 || undefined);
  const cut = first.stop();
  await crispd.kill();
  await cut;
  await writeFile(path.join(gate, "open"), "");
  await crispd.start();

  const second = readEvents(daemon().client);
  await exited(client, containerId);
  await client.removePodSandbox({ podSandboxId: pod.id });
  await waitFor("the last event", async () => second.events.length >= 4 || undefined);
  await second.stop();

  const names = new Map([
    [pod.id, "pod"],
    [containerId, "container"],
  ]);
  const told = [...first.events, ...second.events].map(
    ({ containerId: id, containerEventType }) => `${names.get(id)} ${ContainerEventType[containerEventType]}`,
  );
  expect(told).toEqual([
    "pod CONTAINER_CREATED_EVENT",
    "pod CONTAINER_STARTED_EVENT",
    "container CONTAINER_CREATED_EVENT",
    "container CONTAINER_STARTED_EVENT",
    "container CONTAINER_STOPPED_EVENT",
    "pod CONTAINER_STOPPED_EVENT",
    "container CONTAINER_DELETED_EVENT",
    "pod CONTAINER_DELETED_EVENT",
  ]);
  expect(second.events[0]?.containersStatuses).toMatchObject([{ id: containerId, exitCode: 9 }]);
});

test("crisp events --since tells the life of a pod that is gone, over kill -9, and ends; with -f it goes on", async () => {
  const { crispd, client } = daemon();
  const since = new Date().toISOString();
  const { podSandboxId } = await client.runPodSandbox({ config: podConfig(daemon().workspace, "told") });
  await client.removePodSandbox({ podSandboxId });
  await crispd.kill();
  await crispd.start();

  const told = await crisp("events", "--since", since);
  await using following = crispFollowing("events", "-f", "--since", since);
  await waitFor("what has happened", async () => following.lines().length === 4 || undefined);
  const next = await client.runPodSandbox({ config: podConfig(daemon().workspace, "told-next") });
  await waitFor("what happens", async () => following.lines().length >= 6 || undefined);

  const typesOf = (lines: readonly string[], id: string): readonly unknown[] =>
    lines
      .map((line) => JSON.parse(line) as { readonly containerId: string; readonly containerEventType: string })
      .filter(({ containerId }) => containerId === id)
      .map(({ containerEventType }) => containerEventType);
  const life = ["CREATED", "STARTED", "STOPPED", "DELETED"].map((type) => `CONTAINER_${type}_EVENT`);
  expect(told.trimEnd().split("\n")).toHaveLength(4);
  expect(typesOf(told.trimEnd().split("\n"), podSandboxId)).toEqual(life);
  expect(typesOf(following.lines(), podSandboxId)).toEqual(life);
  expect(typesOf(following.lines(), next.podSandboxId)).toEqual(life.slice(0, 2));
});

test("a daemon that stops does not wait for the readers of events, and tells them", async () => {
  const { crispd, client } = daemon();
  const reading = (async () => {
    for await (const _event of client.getContainerEvents({})) continue;
  })();
  const told = reading.catch((error: unknown) => error);
  // An answer on the same connection: the stream was asked for before.
  await client.version({});

  const startedAt = performance.now();
  await crispd.stop();
  const stoppedMs = performance.now() - startedAt;
  await crispd.start();

  expect(await told).toMatchObject({ kind: "unavailable" });
  expect(stoppedMs).toBeLessThan(8_000);
});
