import { expect, test } from "vitest";
import type { Metric, PodSandboxMetrics } from "#proto/cri/v1/runtime_pb.js";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell, type TestPod } from "./pod-acts.ts";

const daemon = useDaemon();

const mebibyte = 1024n * 1024n;

async function metricsOf(pod: TestPod): Promise<PodSandboxMetrics> {
  const { podMetrics } = await daemon().client.listPodSandboxMetrics({});
  const found = podMetrics.find(({ podSandboxId }) => podSandboxId === pod.id);
  if (found === undefined) throw new Error(`metrics of sandbox ${pod.id}: none`);
  return found;
}

/** The value of a metric of one value. */
function valueOf(metrics: readonly Metric[] | undefined, name: string): bigint | undefined {
  const found = metrics?.filter((metric) => metric.name === name) ?? [];
  expect(found.map((metric) => metric.name)).toEqual([name]);
  return found[0]?.value?.value;
}

test("every metric has a descriptor with a key for each of its label values", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, idle);
  const { descriptors } = await client.listMetricDescriptors({});

  const { metrics, containerMetrics } = await metricsOf(pod);

  const keys = new Map(descriptors.map(({ name, labelKeys }) => [name, labelKeys.length]));
  expect(keys.size).toBe(descriptors.length);
  const all = [...metrics, ...containerMetrics.flatMap((each) => each.metrics)];
  expect(all.filter(({ name, labelValues }) => keys.get(name) !== labelValues.length)).toEqual([]);
  expect(all.filter(({ value, timestamp }) => value === undefined || timestamp === 0n)).toEqual([]);
  expect(all.length).toBeGreaterThan(50);
});

test("metrics carry cadvisor's labels and the true numbers", async () => {
  const { client, busybox, workspace } = daemon();
  const pod = await runPod(daemon());
  const spin = "i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done; read ns rest < /proc/$$/schedstat";
  const burn = `ns=0; while [ $ns -lt 2000000000 ]; do ${spin}; done; touch /burnt`;
  const script = `sleep 1000 & sleep 1000 & ${burn}; exec sleep 1000`;
  const resources = { memoryLimitInBytes: 64n * mebibyte, cpuQuota: 150_000n, cpuPeriod: 100_000n, cpuShares: 512n };
  const containerId = await startShell(daemon(), pod, script, { resources });
  await waitFor("the loop", async () => {
    const { exitCode } = await execSync(client, containerId, ["test", "-e", "/burnt"]);
    return exitCode === 0 || undefined;
  });

  const { metrics, containerMetrics } = await waitFor("the programs", async () => {
    const found = await metricsOf(pod);
    const count = valueOf(found.containerMetrics[0]?.metrics, "container_processes");
    return count === 3n ? found : undefined;
  });

  const [own] = containerMetrics;
  expect(own?.containerId).toBe(containerId);
  const base = ["main", `${workspace.cgroupParent}/${containerId}`, busybox.reference, containerId, "default", "pod"];
  const cpu = own?.metrics.find(({ name }) => name === "container_cpu_usage_seconds_total");
  expect(cpu?.labelValues).toEqual([...base, "total"]);
  expect(cpu?.value?.value).toBe(2n);
  expect(valueOf(own?.metrics, "container_threads")).toBe(3n);
  expect(valueOf(own?.metrics, "container_spec_memory_limit_bytes")).toBe(64n * mebibyte);
  expect(valueOf(own?.metrics, "container_spec_cpu_quota")).toBe(150_000n);
  expect(valueOf(own?.metrics, "container_spec_cpu_period")).toBe(100_000n);
  expect(valueOf(own?.metrics, "container_spec_cpu_shares")).toBe(512n);
  const user = valueOf(own?.metrics, "container_cpu_user_seconds_total") ?? 0n;
  expect(user).toBeLessThanOrEqual(2n);
  const received = metrics.find(({ name }) => name === "container_network_receive_bytes_total");
  const podBase = ["POD", workspace.cgroupParent, "", pod.id, "default", "pod"];
  expect(received?.labelValues).toEqual([...podBase, "eth0"]);
});

test("the streamed metrics are those of all pods", async () => {
  const pods = [
    await runPod(daemon(), { metadata: { name: "one", namespace: "default", uid: "one" } }),
    await runPod(daemon(), { metadata: { name: "two", namespace: "default", uid: "two" } }),
  ];

  const streamed: string[] = [];
  for await (const { podSandboxMetrics } of daemon().client.streamPodSandboxMetrics({})) {
    streamed.push(...podSandboxMetrics.map(({ podSandboxId }) => podSandboxId));
  }

  expect(streamed).toEqual(pods.map(({ id }) => id));
});
