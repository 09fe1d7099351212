import { expect, test } from "vitest";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, createShell, idle, runPod, sandboxStatus, startShell, waitUntilIdle } from "./pod-acts.ts";

const daemon = useDaemon();

test("a pod goes from nothing to ready to gone", async () => {
  const { client } = daemon();

  const pod = await runPod(daemon());
  expect(await sandboxStatus(client, pod.id)).toMatchObject({
    id: pod.id,
    state: PodSandboxState.SANDBOX_READY,
    metadata: pod.config.metadata,
    labels: pod.config.labels,
  });

  await client.stopPodSandbox({ podSandboxId: pod.id });
  expect((await sandboxStatus(client, pod.id)).state).toBe(PodSandboxState.SANDBOX_NOTREADY);

  await client.removePodSandbox({ podSandboxId: pod.id });
  await expect(client.podSandboxStatus({ podSandboxId: pod.id })).rejects.toMatchObject({ kind: "not-found" });
  await daemon().expectHostUnchanged();
});

test("a container goes from created to running to exited to gone", async () => {
  const { client, busybox } = daemon();
  const pod = await runPod(daemon());

  const containerId = await createShell(daemon(), pod, idle);
  const created = await containerStatus(client, containerId);
  expect(created).toMatchObject({ state: ContainerState.CONTAINER_CREATED, startedAt: 0n, finishedAt: 0n });

  await client.startContainer({ containerId });
  const running = await containerStatus(client, containerId);
  expect(running).toMatchObject({
    id: containerId,
    state: ContainerState.CONTAINER_RUNNING,
    metadata: { name: "main", attempt: 0 },
    image: { image: busybox.reference },
    imageRef: busybox.digestReference,
    imageId: busybox.id,
    logPath: `${pod.config.logDirectory}/main/0.log`,
    finishedAt: 0n,
  });
  expect(running.startedAt).toBeGreaterThan(created.createdAt);

  await waitUntilIdle(pod);
  await client.stopContainer({ containerId, timeout: 10n });
  const stopped = await containerStatus(client, containerId);
  expect(stopped).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 0, reason: "Completed" });
  expect(stopped.finishedAt).toBeGreaterThan(running.startedAt);

  await client.removeContainer({ containerId });
  await expect(client.containerStatus({ containerId })).rejects.toMatchObject({ kind: "not-found" });
});

test("labels and annotations come back byte for byte", async () => {
  const { client } = daemon();
  const labels = { "io.kubernetes.pod.uid": "ü-1", empty: "", "a.b/c": "x y" };
  const annotations = { "io.kubernetes.container.hash": "1f2e3d", json: '{"a":["b\\n"]}' };

  const pod = await runPod(daemon(), { labels, annotations });
  const containerId = await createShell(daemon(), pod, idle, { labels, annotations });

  expect(await sandboxStatus(client, pod.id)).toMatchObject({ labels, annotations });
  expect(await containerStatus(client, containerId)).toMatchObject({ labels, annotations });
  expect((await client.listPodSandbox({})).items).toMatchObject([{ id: pod.id, labels, annotations }]);
  expect((await client.listContainers({})).containers).toMatchObject([{ id: containerId, labels, annotations }]);
});

test("removing a pod that runs stops and removes its containers first", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);

  await client.removePodSandbox({ podSandboxId: pod.id });

  await expect(client.containerStatus({ containerId })).rejects.toMatchObject({ kind: "not-found" });
  await daemon().expectHostUnchanged();
});

test("stopping a pod ends its containers and keeps their records", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);

  await client.stopPodSandbox({ podSandboxId: pod.id });

  expect((await containerStatus(client, containerId)).state).toBe(ContainerState.CONTAINER_EXITED);
});

test("what is repeated succeeds again", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const podSandboxId = pod.id;
  const containerId = await startShell(daemon(), pod, idle);

  for (let time = 0; time < 2; time += 1) await client.stopContainer({ containerId, timeout: 5n });
  for (let time = 0; time < 2; time += 1) await client.removeContainer({ containerId });
  for (let time = 0; time < 2; time += 1) await client.stopPodSandbox({ podSandboxId });
  for (let time = 0; time < 2; time += 1) await client.removePodSandbox({ podSandboxId });

  expect((await client.listPodSandbox({})).items).toEqual([]);
  await daemon().expectHostUnchanged();
});

test("a container that ignores its stop signal is killed when its time is over", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "trap '' TERM; echo ready; while :; do sleep 1; done");
  await waitUntilIdle(pod);

  await client.stopContainer({ containerId, timeout: 1n });

  expect(await containerStatus(client, containerId)).toMatchObject({
    state: ContainerState.CONTAINER_EXITED,
    exitCode: 137,
    reason: "Error",
  });
});

test("several containers of a pod share its network and have file systems of their own", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const server = await startShell(daemon(), pod, "echo mine > /tmp/file; nc -ll -p 8080 -e cat /tmp/file");
  const other = await startShell(daemon(), pod, idle, { metadata: { name: "other" }, logPath: "other/0.log" });

  const inOther = async (script: string): Promise<string> => {
    const { stdout } = await client.execSync({ containerId: other, cmd: ["sh", "-c", script], timeout: 10n });
    return Buffer.from(stdout).toString();
  };

  expect(await inOther("until nc 127.0.0.1 8080; do sleep 0.1; done")).toBe("mine\n");
  expect(await inOther("ls /tmp")).toBe("");
  expect(server).not.toBe(other);
});
