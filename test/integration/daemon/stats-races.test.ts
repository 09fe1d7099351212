import { expect, test } from "vitest";
import type { ContainerStats, Metric, PodSandboxStats } from "#proto/cri/v1/runtime_pb.js";
import { useDaemon } from "./daemon-fixture.ts";
import { runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

/** Asks again and again until the others are done, for what a kubelet asks; gives all answers. */
async function askUntil<T>(done: Promise<unknown>, ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  const answers: T[] = [];
  let isDone = false;
  void done.finally(() => {
    isDone = true;
  });
  while (!isDone) answers.push(...(await ask()));
  return answers;
}

/** A pod with its cgroup, its network and its containers, from nothing to nothing, some times. */
async function liveAndDie(name: string): Promise<void> {
  const { client } = daemon();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const pod = await runPod(daemon(), { metadata: { name, namespace: "default", uid: name, attempt } });
    await startShell(daemon(), pod, "exec sleep 1000");
    await client.stopPodSandbox({ podSandboxId: pod.id });
    await client.removePodSandbox({ podSandboxId: pod.id });
  }
}

/** What kubelet would panic over, or take for another container's. */
function problemsOf({ attributes, cpu, memory }: ContainerStats): readonly string[] {
  const isWhole =
    cpu === undefined ? memory === undefined : cpu.timestamp > 0n && memory?.workingSetBytes !== undefined;
  return [
    ...(attributes?.metadata?.name === "main" ? [] : ["a container without its name"]),
    ...(isWhole ? [] : ["a container with half of its usage"]),
  ];
}

function problemsOfPod({ attributes, linux }: PodSandboxStats): readonly string[] {
  const { cpu, memory, process, network, containers = [] } = linux ?? {};
  const isWhole = cpu?.usageCoreNanoSeconds !== undefined && memory?.workingSetBytes !== undefined;
  return [
    ...(attributes?.metadata?.uid === undefined ? ["a pod without its name"] : []),
    ...(isWhole && process?.processCount !== undefined ? [] : ["a pod without its usage"]),
    ...(network !== undefined && network.defaultInterface === undefined ? ["a network without an interface"] : []),
    ...containers.flatMap(problemsOf),
  ];
}

function problemsOfMetric({ name, value, timestamp, labelValues }: Metric): readonly string[] {
  return value !== undefined && timestamp > 0n && labelValues.length >= 6 ? [] : [`${name} without a value`];
}

test("whoever asks for stats and metrics while pods come and go is answered, with all that kubelet reads", async () => {
  const { client } = daemon();
  // Pods are read some at a time, the oldest first: others may go between.
  for (const name of ["e", "f", "g", "h", "i"]) {
    await runPod(daemon(), { metadata: { name, namespace: "default", uid: name } });
  }
  const living = Promise.all(["a", "b"].map(liveAndDie));

  const [containers, pods, metrics] = await Promise.all([
    askUntil(living, async () => (await client.listContainerStats({})).stats),
    askUntil(living, async () => (await client.listPodSandboxStats({})).stats),
    askUntil(living, async () => (await client.listPodSandboxMetrics({})).podMetrics),
    living,
  ]);

  const all = metrics.flatMap((pod) => [...pod.metrics, ...pod.containerMetrics.flatMap((each) => each.metrics)]);
  const problems = [
    ...containers.flatMap(problemsOf),
    ...pods.flatMap(problemsOfPod),
    ...all.flatMap(problemsOfMetric),
  ];
  expect(new Set(problems)).toEqual(new Set());
  expect([containers.length, pods.length, all.length].every((count) => count > 0)).toBe(true);
});
