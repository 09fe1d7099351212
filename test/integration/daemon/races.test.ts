import { expect, test } from "vitest";
import { Fault, messageOf } from "#foundation";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { run } from "../../support/child.ts";
import { crispdPath } from "../../support/crispd.ts";
import { containerConfig, podConfig } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { useDaemon } from "./daemon-fixture.ts";
import {
  containerStatus,
  createShell,
  exited,
  idle,
  runPod,
  sandboxStatus,
  startShell,
  waitUntilIdle,
} from "./pod-acts.ts";

const daemon = useDaemon();
const callers = 50;

function fifty<T>(call: (index: number) => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: callers }, (_, index) => call(index)));
}

test("fifty callers who run, create, start, stop and remove the same pod at once make and remove one", async () => {
  const { client, workspace, busybox } = daemon();
  const config = podConfig(workspace, "pod");
  const container = containerConfig("main", busybox.reference, ["sh", "-c", idle]);

  const pods = await fifty(() => client.runPodSandbox({ config }));
  const podSandboxId = pods[0]?.podSandboxId ?? "";
  const request = { podSandboxId, config: container, sandboxConfig: config };
  const containers = await fifty(() => client.createContainer(request));
  const containerId = containers[0]?.containerId ?? "";
  const listed = await client.listContainers({});
  await fifty(() => client.startContainer({ containerId }));
  const started = await containerStatus(client, containerId);
  await fifty(() => client.stopContainer({ containerId, timeout: 0n }));
  const stopped = await containerStatus(client, containerId);
  await fifty(() => client.removeContainer({ containerId }));
  await fifty(() => client.stopPodSandbox({ podSandboxId }));
  await fifty(() => client.removePodSandbox({ podSandboxId }));

  expect(new Set(pods.map((pod) => pod.podSandboxId)).size).toBe(1);
  expect(new Set(containers.map((made) => made.containerId)).size).toBe(1);
  expect(listed.containers).toHaveLength(1);
  expect(started.state).toBe(ContainerState.CONTAINER_RUNNING);
  expect(stopped.state).toBe(ContainerState.CONTAINER_EXITED);
  expect((await client.listPodSandbox({})).items).toEqual([]);
  await daemon().expectHostUnchanged();
});

/** What an act on a pod may be refused with while others do what they like to it. */
const refusals = {
  run: ["exists"],
  create: ["not-found", "wrong-state", "exists"],
  start: ["not-found", "wrong-state"],
  stop: [],
  remove: [],
  "stop pod": [],
  "remove pod": [],
} as const;

test("fifty callers who do to one pod what they like are told the truth, and leave it whole or not at all", async () => {
  const { client, workspace, busybox } = daemon();
  const config = podConfig(workspace, "pod");
  const container = containerConfig("main", busybox.reference, ["sh", "-c", idle]);
  const { podSandboxId } = await client.runPodSandbox({ config });
  const request = { podSandboxId, config: container, sandboxConfig: config };
  const { containerId } = await client.createContainer(request);
  const calls: Readonly<Record<keyof typeof refusals, () => Promise<unknown>>> = {
    start: () => client.startContainer({ containerId }),
    run: () => client.runPodSandbox({ config }),
    create: () => client.createContainer(request),
    stop: () => client.stopContainer({ containerId, timeout: 1n }),
    remove: () => client.removeContainer({ containerId }),
    "stop pod": () => client.stopPodSandbox({ podSandboxId }),
    "remove pod": () => client.removePodSandbox({ podSandboxId }),
  };
  const acts = Object.keys(calls) as (keyof typeof refusals)[];

  const wrong = await fifty(async (index) => {
    const act = acts[index % acts.length] ?? "run";
    const allowed: readonly string[] = refusals[act];
    const kind = await calls[act]().then(
      () => "",
      (error: unknown) => Fault.from(error).kind,
    );
    return kind === "" || allowed.includes(kind) ? "" : `${act}: ${kind}`;
  });

  expect(wrong.filter((answer) => answer !== "")).toEqual([]);
  const { items } = await client.listPodSandbox({});
  expect(items.length).toBeLessThanOrEqual(1);
  for (const { id } of items) {
    await client.stopPodSandbox({ podSandboxId: id });
    await client.removePodSandbox({ podSandboxId: id });
  }
  await daemon().expectHostUnchanged();
});

test("a caller who gives up after 10 ms and asks again gets the same container, and one container runs", async () => {
  const { client, busybox } = daemon();
  const pod = await runPod(daemon());
  const config = containerConfig("main", busybox.reference, ["sh", "-c", idle]);
  const request = { podSandboxId: pod.id, config, sandboxConfig: pod.config };

  await client.createContainer(request, { timeoutMs: 10 }).catch(() => undefined);
  const { containerId } = await client.createContainer(request);
  const givenUp = await refusalOf(client.startContainer({ containerId }, { timeoutMs: 10 }));
  await client.startContainer({ containerId });
  await waitUntilIdle(pod);

  expect(givenUp.kind).toBe("timed-out");
  expect((await containerStatus(client, containerId)).state).toBe(ContainerState.CONTAINER_RUNNING);
  expect((await client.listContainers({})).containers.map(({ id }) => id)).toEqual([containerId]);
});

test("a caller who gave up on a start and asks again is told that it succeeded, though the program has ended", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await createShell(daemon(), pod, "exit 0");
  const givenUp = await refusalOf(client.startContainer({ containerId }, { timeoutMs: 5 }));
  await exited(client, containerId);

  await client.startContainer({ containerId });
  const other = await createShell(daemon(), pod, "exit 0", { metadata: { name: "other", attempt: 0 } });
  await client.startContainer({ containerId: other });
  await exited(client, other);
  const refused = await refusalOf(client.startContainer({ containerId: other }));

  expect([givenUp.kind, refused.kind]).toEqual(["timed-out", "wrong-state"]);
  expect(refused.message).toContain("started once only; it ended with code 0");
});

test("a pod that is stopped while a container is made in it keeps nothing of it, and both are answered", async () => {
  const { client, busybox } = daemon();
  const pod = await runPod(daemon());
  const config = containerConfig("main", busybox.reference, ["sh", "-c", idle]);

  const [created, stopped] = await Promise.allSettled([
    client.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config }),
    client.stopPodSandbox({ podSandboxId: pod.id }),
  ]);

  expect([created.status, stopped.status]).toEqual(["rejected", "fulfilled"]);
  expect((created as PromiseRejectedResult).reason).toMatchObject({ kind: "wrong-state" });
  expect((await client.listContainers({})).containers).toEqual([]);
});

test("a stop that comes during a start ends the container, and both are answered", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await createShell(daemon(), pod, idle);

  const [started, stopped] = await Promise.allSettled([
    client.startContainer({ containerId }),
    client.stopContainer({ containerId, timeout: 0n }),
  ]);

  expect([started.status, stopped.status]).toEqual(["fulfilled", "fulfilled"]);
  expect((await exited(client, containerId)).state).toBe(ContainerState.CONTAINER_EXITED);
});

test("a removal that comes during a stop ends the container at once, and both are answered", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "trap '' TERM; echo ready; while :; do sleep 0.1; done");
  await waitUntilIdle(pod);

  const stopping = client.stopContainer({ containerId, timeout: 30n });
  await client.removeContainer({ containerId });
  await stopping;

  expect((await client.listContainers({})).containers).toEqual([]);
});

test("a removal of a pod that comes during its stop takes it away, and both are answered", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);

  await Promise.all([
    client.stopPodSandbox({ podSandboxId: pod.id }),
    client.removePodSandbox({ podSandboxId: pod.id }),
  ]);

  expect((await client.listPodSandbox({})).items).toEqual([]);
  await daemon().expectHostUnchanged();
});

test("a second daemon on the same root is refused, and the first goes on", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const other = crispd.args.map((word) => word.replace("crisp.sock", "other.sock"));

  const refused = await run(crispdPath, other).then(
    () => "",
    (error: unknown) => messageOf(error),
  );

  expect(refused).toMatch(/crispd: .*lock/);
  expect((await sandboxStatus(client, pod.id)).state).toBe(PodSandboxState.SANDBOX_READY);
});
