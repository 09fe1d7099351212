import { expect, test } from "vitest";
import type { Metric, PodSandboxMetrics } from "#proto/cri/v1/runtime_pb.js";
import { needing } from "../../support/needing.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import {
  containerStatus,
  execSync,
  idle,
  runPod,
  sandboxStatus,
  startShell,
  type TestPod,
  waitUntilIdle,
} from "./pod-acts.ts";

const daemon = useDaemon();

const mebibyte = 1024n * 1024n;
const second = 1_000_000_000n;
const counting = needing("count processor time as the node does");

async function metricsOf(pod: TestPod): Promise<PodSandboxMetrics> {
  const { podMetrics } = await daemon().client.listPodSandboxMetrics({});
  const found = podMetrics.find(({ podSandboxId }) => podSandboxId === pod.id);
  if (found === undefined) throw new Error(`metrics of sandbox ${pod.id}: none`);
  return found;
}

/** A metric of one value; 0 where it is not told. */
function valueOf(metrics: readonly Metric[], name: string): bigint {
  return metrics.find((metric) => metric.name === `container_${name}`)?.value?.value ?? 0n;
}

/** Waits until the script of a container has written a file. */
async function fileIn(containerId: string, file: string): Promise<void> {
  await waitFor(`file ${file} in the container`, async () => {
    const { exitCode } = await execSync(daemon().client, containerId, ["test", "-e", file]);
    return exitCode === 0;
  });
}

/** The metrics of a pod's only container, once they are what is waited for. */
async function ownMetrics(pod: TestPod, isThere: (metrics: readonly Metric[]) => boolean): Promise<readonly Metric[]> {
  return await waitFor("the container's metrics", async () => {
    const [own] = (await metricsOf(pod)).containerMetrics;
    return own !== undefined && isThere(own.metrics) && own.metrics;
  });
}

test(
  "a container that wants more than its quota is told with the periods and the time that it was held",
  counting,
  async () => {
    const pod = await runPod(daemon());
    const resources = { cpuQuota: 10_000n, cpuPeriod: 100_000n };
    await startShell(daemon(), pod, "while :; do :; done", { resources });

    const metrics = await ownMetrics(pod, (found) => valueOf(found, "cpu_cfs_throttled_seconds_total") >= 1n);

    const periods = valueOf(metrics, "cpu_cfs_periods_total");
    const throttled = valueOf(metrics, "cpu_cfs_throttled_periods_total");
    // At most nine tenths of each period.
    expect(throttled).toBeGreaterThanOrEqual(10n);
    expect(periods).toBeGreaterThanOrEqual(throttled);
    expect(valueOf(metrics, "cpu_cfs_throttled_seconds_total")).toBeLessThanOrEqual(throttled / 10n);
    // What it used is what its periods gave it; the kernel's own work for it comes on top.
    expect(valueOf(metrics, "cpu_user_seconds_total")).toBeLessThanOrEqual(periods / 10n);
  },
);

test("programs killed for want of memory are counted, and the most that they had", counting, async () => {
  const pod = await runPod(daemon());
  const limit = 32n * mebibyte;
  const resources = { memoryLimitInBytes: limit };
  await startShell(daemon(), pod, `for i in 1 2; do tail -c 100000000 /dev/zero; done; ${idle}`, { resources });
  // Nobody looks inside: that would be killed and counted, too.
  await waitUntilIdle(pod);

  const metrics = await ownMetrics(pod, () => true);

  expect(valueOf(metrics, "oom_events_total")).toBe(2n);
  expect(valueOf(metrics, "memory_max_usage_bytes")).toBeGreaterThan((limit * 9n) / 10n);
  expect(valueOf(metrics, "memory_max_usage_bytes")).toBeLessThanOrEqual(limit);
});

test("a file that was written is page cache, and the layer's usage; ages are those of the statuses", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const script = `head -c ${8n * mebibyte} /dev/urandom > /big; sync; touch /synced; ${idle}`;
  const containerId = await startShell(daemon(), pod, script);
  // What it wrote is measured when somebody asks, and then for some time no more.
  await fileIn(containerId, "/synced");

  const metrics = await ownMetrics(pod, (found) => valueOf(found, "fs_usage_bytes") > 0n);

  for (const name of ["fs_usage_bytes", "memory_cache"]) {
    expect([name, valueOf(metrics, name) >= 8n * mebibyte]).toEqual([name, true]);
    expect([name, valueOf(metrics, name) < 12n * mebibyte]).toEqual([name, true]);
  }
  const { createdAt, startedAt } = await containerStatus(client, containerId);
  expect(valueOf(metrics, "creation_time_seconds")).toBe(createdAt / second);
  expect(valueOf(metrics, "start_time_seconds")).toBe(startedAt / second);
});

test("a pod's network counts the bytes and packets that were sent", needing("wait for sockets"), async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "dd if=/dev/zero of=/tmp/file bs=1M count=4; httpd -f -p 8080 -h /tmp");
  const address = `http://${(await sandboxStatus(client, pod.id)).network?.ip}:8080/file`;
  const length = await waitFor("the server", () =>
    fetch(address).then(
      async (answer) => (await answer.arrayBuffer()).byteLength,
      () => false,
    ),
  );

  const { metrics } = await metricsOf(pod);

  expect(BigInt(length)).toBe(4n * mebibyte);
  const sent = valueOf(metrics, "network_transmit_bytes_total");
  expect(sent).toBeGreaterThan(4n * mebibyte);
  expect(sent).toBeLessThan((9n * mebibyte) / 2n);
  // No packet is larger than the kernel's largest segment of 64 KiB, which a virtual interface passes on whole.
  expect(valueOf(metrics, "network_transmit_packets_total")).toBeGreaterThanOrEqual(64n);
  expect(valueOf(metrics, "network_receive_packets_total")).toBeGreaterThan(0n);
  expect(valueOf(metrics, "network_transmit_errors_total")).toBe(0n);
});
