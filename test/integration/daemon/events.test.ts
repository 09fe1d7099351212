import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type ContainerEventResponse, ContainerEventType, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

/** Reads events in the background, until it is disposed of. */
function readEvents(): { readonly events: readonly ContainerEventResponse[]; readonly stop: () => Promise<void> } {
  const abort = new AbortController();
  const events: ContainerEventResponse[] = [];
  const reading = (async () => {
    for await (const event of daemon().client.getContainerEvents({}, { signal: abort.signal })) events.push(event);
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    events,
    stop: async () => {
      abort.abort();
      await reading;
    },
  };
}

test("a pod's life is one ordered stream, each event with the whole pod", async () => {
  const { client } = daemon();
  const { events, stop } = readEvents();

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

test("several readers get the same events", async () => {
  const readers = [readEvents(), readEvents(), readEvents()];
  const pod = await runPod(daemon());
  const all = await waitFor("the events", async () => {
    const seen = readers.map(({ events }) => events.map(({ containerId }) => containerId));
    return seen.every((ids) => ids.length === 2) ? seen : undefined;
  });
  for (const reader of readers) await reader.stop();

  expect(all).toEqual(readers.map(() => [pod.id, pod.id]));
});

test("over kill -9 of crispd no event is lost and none is told twice, also of what happened meanwhile", async () => {
  const { client, crispd, workspace } = daemon();
  const first = readEvents();
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

  const second = readEvents();
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
