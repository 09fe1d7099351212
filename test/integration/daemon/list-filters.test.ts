import type { MessageInitShape } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type ContainerFilterSchema,
  ContainerState,
  type PodSandboxFilterSchema,
  PodSandboxState,
} from "#proto/cri/v1/runtime_pb.js";
import { podConfig } from "../../support/pod-config.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, idle, runPod, startShell, type TestPod } from "./pod-acts.ts";

const daemon = useDaemon();

/** Two pods, of which the second is stopped; the first has a running and a created container. */
let pods: { readonly ready: TestPod; readonly stopped: TestPod };
let containers: { readonly running: string; readonly created: string };

beforeEach(async () => {
  pods = { ready: await runNamed("ready"), stopped: await runNamed("stopped") };
  containers = {
    running: await startShell(daemon(), pods.ready, idle, { labels: { role: "web" } }),
    created: await createShell(daemon(), pods.ready, idle, { metadata: { name: "second" }, labels: { role: "db" } }),
  };
  await daemon().client.stopPodSandbox({ podSandboxId: pods.stopped.id });
});

describe("ListPodSandbox", () => {
  test("without a filter lists everything", async () => {
    expect(await listPods({})).toEqual([pods.ready.id, pods.stopped.id].toSorted());
  });

  test("by id, or the beginning of one, lists that one", async () => {
    expect(await listPods({ id: pods.ready.id })).toEqual([pods.ready.id]);
    expect(await listPods({ id: pods.ready.id.slice(0, 13) })).toEqual([pods.ready.id]);
  });

  test("by state", async () => {
    expect(await listPods({ state: { state: PodSandboxState.SANDBOX_READY } })).toEqual([pods.ready.id]);
    expect(await listPods({ state: { state: PodSandboxState.SANDBOX_NOTREADY } })).toEqual([pods.stopped.id]);
  });

  test("by labels, which must all match", async () => {
    expect(await listPods({ labelSelector: { app: "stopped" } })).toEqual([pods.stopped.id]);
    expect(await listPods({ labelSelector: { app: "stopped", kind: "test" } })).toEqual([pods.stopped.id]);
    expect(await listPods({ labelSelector: { app: "stopped", kind: "other" } })).toEqual([]);
  });

  test("by an id that nobody has lists nothing", async () => {
    expect(await listPods({ id: "0123456789abc" })).toEqual([]);
  });
});

describe("ListContainers", () => {
  test("without a filter lists everything", async () => {
    expect(await listContainers({})).toEqual([containers.running, containers.created].toSorted());
  });

  test("by state", async () => {
    const state = (value: ContainerState): Filter => ({ state: { state: value } });

    expect(await listContainers(state(ContainerState.CONTAINER_RUNNING))).toEqual([containers.running]);
    expect(await listContainers(state(ContainerState.CONTAINER_CREATED))).toEqual([containers.created]);
    expect(await listContainers(state(ContainerState.CONTAINER_EXITED))).toEqual([]);
  });

  test("by pod, by labels and by id", async () => {
    expect(await listContainers({ podSandboxId: pods.stopped.id })).toEqual([]);
    expect(await listContainers({ podSandboxId: pods.ready.id, labelSelector: { role: "db" } })).toEqual([
      containers.created,
    ]);
    expect(await listContainers({ id: containers.running })).toEqual([containers.running]);
  });
});

type Filter = MessageInitShape<typeof ContainerFilterSchema>;

function runNamed(name: string): Promise<TestPod> {
  const { metadata } = podConfig(daemon().workspace, name);
  return runPod(daemon(), { ...(metadata === undefined ? {} : { metadata }), labels: { app: name, kind: "test" } });
}

async function listPods(filter: MessageInitShape<typeof PodSandboxFilterSchema>): Promise<readonly string[]> {
  const { items } = await daemon().client.listPodSandbox({ filter });
  return items.map(({ id }) => id).toSorted();
}

async function listContainers(filter: Filter): Promise<readonly string[]> {
  const { containers: listed } = await daemon().client.listContainers({ filter });
  return listed.map(({ id }) => id).toSorted();
}
