import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Metric, PodSandboxMetrics } from "#proto/cri/v1/runtime_pb.js";
import { slowness } from "../../support/slowness.ts";
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

/** The values of a metric by its own labels, which follow the six that all have. */
function valuesOf(metrics: readonly Metric[] | undefined, name: string): Readonly<Record<string, bigint | undefined>> {
  const found = metrics?.filter((metric) => metric.name === name) ?? [];
  return Object.fromEntries(found.map(({ labelValues, value }) => [labelValues.slice(6).join(), value?.value]));
}

/** Waits until the script of a container has written a file. */
async function fileIn(containerId: string, file: string): Promise<void> {
  await waitFor(`file ${file} in the container`, async () => {
    const { exitCode } = await execSync(daemon().client, containerId, ["test", "-e", file]);
    return exitCode === 0 || undefined;
  });
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

/** What cadvisor serves in a kubelet, after `container_`. */
const names = `
  last_seen creation_time_seconds start_time_seconds health_state oom_events_total tasks_state processes threads threads_max
  file_descriptors sockets ulimits_soft cpu_usage_seconds_total cpu_user_seconds_total cpu_system_seconds_total
  cpu_cfs_periods_total cpu_cfs_throttled_periods_total cpu_cfs_throttled_seconds_total cpu_cfs_burst_periods_total
  cpu_cfs_burst_seconds_total cpu_load_average_10s cpu_load_d_average_10s memory_cache memory_rss memory_swap
  memory_mapped_file memory_kernel_usage memory_usage_bytes memory_max_usage_bytes memory_working_set_bytes memory_failcnt
  memory_failures_total memory_total_active_file_bytes memory_total_inactive_file_bytes
  memory_events_high_total memory_events_max_total memory_file_dirty_bytes memory_file_writeback_bytes
  memory_pgscan_total memory_pgsteal_total memory_workingset_refault_anon_total memory_workingset_refault_file_total
  fs_inodes_free fs_inodes_total
  fs_limit_bytes fs_usage_bytes fs_reads_bytes_total fs_reads_total fs_sector_reads_total fs_reads_merged_total
  fs_read_seconds_total fs_writes_bytes_total fs_writes_total fs_sector_writes_total fs_writes_merged_total
  fs_write_seconds_total fs_io_current fs_io_time_seconds_total fs_io_time_weighted_seconds_total
  fs_io_cost_usage_seconds_total fs_io_cost_wait_seconds_total fs_io_cost_indebt_seconds_total
  fs_io_cost_indelay_seconds_total blkio_device_usage_total network_receive_bytes_total network_receive_packets_total
  network_receive_packets_dropped_total network_receive_errors_total network_transmit_bytes_total
  network_transmit_packets_total network_transmit_packets_dropped_total network_transmit_errors_total
  hugetlb_usage_bytes hugetlb_max_usage_bytes hugetlb_failcnt pressure_cpu_stalled_seconds_total
  pressure_cpu_waiting_seconds_total pressure_memory_stalled_seconds_total pressure_memory_waiting_seconds_total
  pressure_io_stalled_seconds_total pressure_io_waiting_seconds_total spec_cpu_period spec_cpu_quota spec_cpu_shares
  spec_memory_limit_bytes spec_memory_swap_limit_bytes spec_memory_reservation_limit_bytes`;

test("the metrics are those that cadvisor serves in a kubelet", async () => {
  const { descriptors } = await daemon().client.listMetricDescriptors({});

  const expected = names.split(/\s+/).filter((name) => name !== "");
  expect(descriptors.map(({ name }) => name.replace(/^container_/, "")).sort()).toEqual(expected.sort());
});

/** The name that the kernel's table of disks has for a device. */
async function diskName(major: string, minor: string): Promise<string> {
  const table = await readFile("/proc/diskstats", "utf8");
  const [, name = ""] = new RegExp(`^ *${major} +${minor} (\\S+)`, "m").exec(table) ?? [];
  return `/dev/${name}`;
}

test("a disk's metrics are the bytes that went past the cache, by the device's name", async () => {
  const pod = await runPod(daemon());
  const write = "dd if=/dev/zero of=/data bs=1M count=16 oflag=direct && dd if=/data of=/dev/null bs=1M iflag=direct";
  const containerId = await startShell(daemon(), pod, `${write} && touch /done; ${idle}`);
  await fileIn(containerId, "/done");

  const { metrics: whole, containerMetrics } = await metricsOf(pod);

  const [own] = containerMetrics;
  const usage = valuesOf(own?.metrics, "container_blkio_device_usage_total");
  const [device = "", major = "", minor = ""] =
    Object.entries(usage)
      .find(([, bytes]) => (bytes ?? 0n) >= 16n * mebibyte)?.[0]
      .split(",") ?? [];
  expect(device).toBe(await diskName(major, minor));
  for (const [name, most] of [
    ["reads", 24n],
    ["writes", 24n],
  ] as const) {
    const bytes = valuesOf(own?.metrics, `container_fs_${name}_bytes_total`)[device] ?? 0n;
    expect(bytes).toBeGreaterThanOrEqual(16n * mebibyte);
    // Beside the data: the program, and what the file system keeps of the file.
    expect(bytes).toBeLessThan(most * mebibyte);
    expect(valuesOf(own?.metrics, `container_fs_sector_${name}_total`)[device]).toBe(bytes / 512n);
    expect(valuesOf(own?.metrics, `container_fs_${name}_total`)[device]).toBeGreaterThanOrEqual(16n);
    // The whole pod's: this container's, and what the runtime read to make it.
    const all = valuesOf(whole, `container_fs_${name}_bytes_total`)[device] ?? 0n;
    expect(all).toBeGreaterThanOrEqual(bytes);
    expect(all).toBeLessThan(bytes + 8n * mebibyte);
  }
  const size = valuesOf(own?.metrics, "container_fs_limit_bytes");
  expect(Object.values(size)[0]).toBeGreaterThan(16n * mebibyte);
  expect(Object.keys(size)[0]).toMatch(/^\/dev\/|^overlay_|^\//);
});

test("open files, sockets, limits and states of tasks are counted in the background", async () => {
  const pod = await runPod(daemon());
  const stopped = "sleep 1000 & kill -STOP $!";
  const listens = "nc -l -p 81 & nc -l -p 82 &";
  const open = "exec 7</dev/null 8</dev/null 9</dev/null";
  const containerId = await startShell(daemon(), pod, `${stopped}; ${listens} ${open}; touch /done; exec sleep 1000`);
  await fileIn(containerId, "/done");
  // Of its first process: runc 1.1 may give a command another soft limit.
  const { stdout: limits } = await execSync(daemon().client, containerId, ["grep", "open files", "/proc/1/limits"]);
  const [, softLimit = ""] = /^Max open files +(\d+) /.exec(limits) ?? [];

  const own = await waitFor(
    "the count of all four programs",
    async () => {
      const [container] = (await metricsOf(pod)).containerMetrics;
      const states = valuesOf(container?.metrics, "container_tasks_state");
      const sockets = valuesOf(container?.metrics, "container_sockets")[""];
      return states["sleeping"] === 3n && sockets === 2n ? container : undefined;
    },
    { timeoutMs: 30_000 },
  );

  expect(valuesOf(own.metrics, "container_tasks_state")).toEqual({
    sleeping: 3n,
    running: 0n,
    stopped: 1n,
    uninterruptible: 0n,
    iowaiting: 0n,
  });
  // Three standard streams each, the shell's own three, and a socket for each that listens.
  expect(valueOf(own.metrics, "container_file_descriptors")).toBe(17n);
  expect(valueOf(own.metrics, "container_sockets")).toBe(2n);
  expect(valuesOf(own.metrics, "container_ulimits_soft")).toEqual({ max_open_files: BigInt(softLimit) });
  expect(valueOf(own.metrics, "container_cpu_load_average_10s")).toBeLessThan(4_000n);
});

test("metrics carry cadvisor's labels and the true numbers", async () => {
  const { client, busybox, workspace } = daemon();
  const pod = await runPod(daemon());
  const spin = "i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done; read ns rest < /proc/$$/schedstat";
  const burn = `ns=0; while [ $ns -lt 2000000000 ]; do ${spin}; done; touch /burnt`;
  const script = `sleep 1000 & sleep 1000 & ${burn}; exec sleep 1000`;
  const resources = { memoryLimitInBytes: 64n * mebibyte, cpuQuota: 150_000n, cpuPeriod: 100_000n, cpuShares: 512n };
  const containerId = await startShell(daemon(), pod, script, { resources });
  await waitFor(
    "the loop",
    async () => {
      const { exitCode } = await execSync(client, containerId, ["test", "-e", "/burnt"]);
      return exitCode === 0 || undefined;
    },
    { timeoutMs: 60_000 },
  );

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
  // Asking for the end of the loop takes its time in the container too.
  const most = 2n + BigInt(Math.floor(slowness / 2));
  expect(cpu?.value?.value).toBeGreaterThanOrEqual(2n);
  expect(cpu?.value?.value).toBeLessThanOrEqual(most);
  expect(valueOf(own?.metrics, "container_threads")).toBe(3n);
  expect(valueOf(own?.metrics, "container_spec_memory_limit_bytes")).toBe(64n * mebibyte);
  expect(valueOf(own?.metrics, "container_spec_cpu_quota")).toBe(150_000n);
  expect(valueOf(own?.metrics, "container_spec_cpu_period")).toBe(100_000n);
  // The weights of cgroup v2 are coarser: 20 stands for 500 shares.
  expect(Number(valueOf(own?.metrics, "container_spec_cpu_shares")) / 512).toBeCloseTo(1, 1);
  expect(valueOf(own?.metrics, "container_cpu_user_seconds_total")).toBeLessThanOrEqual(most);
  const received = metrics.find(({ name }) => name === "container_network_receive_bytes_total");
  const podBase = ["POD", workspace.cgroupParent, "", pod.id, "default", "pod"];
  expect(received?.labelValues).toEqual([...podBase, "eth0"]);
});

test("a pod has the rows of its own cgroup, without a container's name", async () => {
  const { workspace } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "sleep 1000 & exec sleep 1000");

  const { metrics, containerMetrics } = await waitFor("both programs", async () => {
    const found = await metricsOf(pod);
    return valueOf(found.metrics, "container_processes") === 2n ? found : undefined;
  });

  const [own] = containerMetrics;
  const whole = metrics.find(({ name }) => name === "container_cpu_user_seconds_total");
  expect(whole?.labelValues).toEqual(["", workspace.cgroupParent, "", "", "default", "pod"]);
  for (const name of ["container_threads", "container_cpu_usage_seconds_total", "container_oom_events_total"]) {
    expect([name, valueOf(metrics, name)]).toEqual([name, valueOf(own?.metrics, name)]);
  }
  expect(valueOf(metrics, "container_memory_rss")).toBeGreaterThan(0n);
  expect(valueOf(metrics, "container_start_time_seconds")).toBeGreaterThan(1_700_000_000n);
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
