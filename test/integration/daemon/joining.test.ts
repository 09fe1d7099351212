import { expect, test } from "vitest";
import { containerConfig, podConfig } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { idle, runPod } from "./pod-acts.ts";

const daemon = useDaemon();

test("two callers who run the same pod at once get the same id", async () => {
  const { client, workspace } = daemon();
  const config = podConfig(workspace, "pod");

  const [one, two] = await Promise.all([client.runPodSandbox({ config }), client.runPodSandbox({ config })]);

  expect(one.podSandboxId).toBe(two.podSandboxId);
  expect((await client.listPodSandbox({})).items).toHaveLength(1);
});

test("running a pod again after it succeeded gives the same id", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());

  const { podSandboxId } = await client.runPodSandbox({ config: pod.config });

  expect(podSandboxId).toBe(pod.id);
  expect((await client.listPodSandbox({})).items).toHaveLength(1);
});

test("the next attempt of a pod is another pod", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await client.stopPodSandbox({ podSandboxId: pod.id });

  const metadata = { ...pod.config.metadata, attempt: 1 };
  const { podSandboxId } = await client.runPodSandbox({ config: { ...pod.config, metadata } });

  expect(podSandboxId).not.toBe(pod.id);
});

test("creating a container twice, at once and again later, gives the same id", async () => {
  const { client, busybox } = daemon();
  const pod = await runPod(daemon());
  const config = containerConfig("main", busybox.reference, ["sh", "-c", idle]);
  const create = async (): Promise<string> => {
    const request = { podSandboxId: pod.id, config, sandboxConfig: pod.config };
    return (await client.createContainer(request)).containerId;
  };

  const ids = [...(await Promise.all([create(), create()])), await create()];

  expect(new Set(ids).size).toBe(1);
  expect((await client.listContainers({})).containers).toHaveLength(1);
});

test("a caller who gives up and asks again gets the pod that goes on being made", async () => {
  const { client, workspace } = daemon();
  const config = podConfig(workspace, "pod");

  const givenUp = await refusalOf(client.runPodSandbox({ config }, { timeoutMs: 5 }));
  const { podSandboxId } = await client.runPodSandbox({ config });

  expect(givenUp.kind).toBe("timed-out");
  expect((await client.listPodSandbox({})).items.map(({ id }) => id)).toEqual([podSandboxId]);
});

test("many callers who stop and remove the same pod at once all succeed", async () => {
  const { client } = daemon();
  const podSandboxId = (await runPod(daemon())).id;

  await Promise.all(Array.from({ length: 10 }, () => client.stopPodSandbox({ podSandboxId })));
  await Promise.all(Array.from({ length: 10 }, () => client.removePodSandbox({ podSandboxId })));

  expect((await client.listPodSandbox({})).items).toEqual([]);
  await daemon().expectHostUnchanged();
});
