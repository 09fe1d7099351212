import { Readable } from "node:stream";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ContainerDetail, SandboxDetail } from "#pod";
import { ListPodSandboxMetricsResponseSchema, type Metric, MetricType } from "#proto/cri/v1/runtime_pb.js";
import { describeMetrics } from "./describe-metrics.ts";
import { MetricsEncoder } from "./metrics-encoder.ts";

const second = 1_000_000_000n;
const share = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 3_000_000n };
const pressure = { some: share, full: share };

const sample: ContainerDetail["sample"] = {
  takenAtNanos: 100n * second,
  nanoCores: 1n,
  usage: {
    cpu: { usageNanos: 7n * second, pressure },
    memory: {
      usageBytes: 2n ** 63n,
      workingSetBytes: 50n,
      rssBytes: 40n,
      cacheBytes: 30n,
      mappedFileBytes: 20n,
      activeFileBytes: 10n,
      inactiveFileBytes: 5n,
      pageFaults: 4n,
      majorPageFaults: 3n,
      reclaim: {
        dirtyBytes: 1n,
        writebackBytes: 2n,
        scannedPages: undefined,
        stolenPages: undefined,
        refaultedAnon: 5n,
        refaultedFile: 6n,
      },
      limitBytes: undefined,
      pressure,
    },
    swap: { usageBytes: 0n, limitBytes: undefined },
    io: { pressure },
  },
};

const detail: ContainerDetail["detail"] = {
  cpu: {
    userNanos: 5n * second,
    systemNanos: 2n * second,
    periods: 1n,
    throttledPeriods: 1n,
    throttledNanos: second,
    bursts: 0n,
    burstNanos: 0n,
    periodMicros: 100_000n,
    quotaMicros: 50_000n,
    shares: 512n,
  },
  memory: {
    maxUsageBytes: 60n,
    kernelBytes: 9n,
    failures: 0n,
    oomKills: 1n,
    highEvents: 2n,
    maxEvents: 3n,
    softLimitBytes: undefined,
  },
  devices: [
    {
      name: "/dev/vda",
      major: 254,
      minor: 0,
      readBytes: 1024n,
      writeBytes: 512n,
      reads: 2n,
      writes: 1n,
      cost: undefined,
    },
  ],
  hugePages: [{ pageSize: "2MB", usageBytes: 0n, maxUsageBytes: 0n, failures: 0n }],
  tasks: { current: 4n, limit: undefined },
};

const census: NonNullable<ContainerDetail["census"]> = {
  takenAtNanos: 90n * second,
  tasks: { states: { running: 1, sleeping: 3, uninterruptible: 0, stopped: 0 }, openFiles: 17, sockets: 2 },
  openFilesLimit: 1024n,
  load: { running: 1.5, uninterruptible: 0 },
};

const traffic = { bytes: 1n, packets: 2n, errors: 0n, dropped: 0n };

function sandboxDetail(id: string, changes: Partial<SandboxDetail> = {}): SandboxDetail {
  const container = {
    id: `${id}-container`,
    createdAtNanos: 20n * second,
    startedAtNanos: 30n * second,
    config: { metadata: { name: "main", attempt: 0 }, image: { image: "sha256:1", userSpecifiedImage: "nginx:1" } },
  } as unknown as ContainerDetail["container"];
  const sandbox = {
    id,
    createdAtNanos: 10n * second,
    config: { metadata: { name: `name of ${id}`, namespace: "default" } },
  } as unknown as SandboxDetail["stats"]["sandbox"];
  const writableLayer = { measuredAtNanos: 1n, mountpoint: "/var/lib/crisp", usedBytes: 8n, inodes: 2n };
  const used: ContainerDetail = {
    container,
    sample,
    writableLayer,
    processCount: 4,
    told: undefined,
    cgroupPath: `/${id}/container`,
    detail,
    census,
  };
  const network = { takenAtNanos: 95n * second, interfaces: [{ name: "eth0", received: traffic, sent: traffic }] };
  return {
    stats: { sandbox, sample, network, processCount: 4, containers: [used] },
    cgroupPath: `/${id}`,
    detail,
    census: { ...census, openFilesLimit: undefined },
    containers: [used],
    disk: {
      device: "/dev/vda1",
      totalBytes: 100n,
      availableBytes: 50n,
      totalInodes: 10n,
      availableInodes: 5n,
    } as never,
    ...changes,
  };
}

function decode(details: readonly SandboxDetail[]): ReturnType<typeof decodeBytes> {
  const encode = new MetricsEncoder().begin();
  return decodeBytes(Buffer.concat(details.flatMap((each) => encode(each))));
}

function decodeBytes(bytes: Uint8Array): Pods {
  return fromBinary(ListPodSandboxMetricsResponseSchema, bytes).podMetrics;
}

type Pods = ReturnType<typeof fromBinary<typeof ListPodSandboxMetricsResponseSchema>>["podMetrics"];

function find(metrics: readonly Metric[] | undefined, name: string): readonly Metric[] {
  return metrics?.filter((metric) => metric.name === `container_${name}`) ?? [];
}

describe("MetricsEncoder", () => {
  it("encodes messages that follow each other as one list of pods with their containers", () => {
    const pods = decode([sandboxDetail("one"), sandboxDetail("two")]);

    expect(pods.map(({ podSandboxId }) => podSandboxId)).toEqual(["one", "two"]);
    expect(pods.map(({ containerMetrics }) => containerMetrics.map(({ containerId }) => containerId))).toEqual([
      ["one-container"],
      ["two-container"],
    ]);
  });

  it("encodes a whole list as it encodes its pods one by one", async () => {
    const details = ["one", "two", "three"].map((id) => sandboxDetail(id));
    const encoder = new MetricsEncoder();
    const encode = encoder.begin();
    const apart = Buffer.concat(details.flatMap((each) => encode(each)));

    // The second knows how long the list is.
    for (const _time of ["first", "second"]) {
      const whole = await encoder.list(Readable.from(details));
      expect(Buffer.from(whole).equals(apart)).toBe(true);
    }
  });

  it("gives every value a descriptor with as many keys, and every descriptor that has a value only once", () => {
    const [pod] = decode([sandboxDetail("one")]);

    const all = [...(pod?.metrics ?? []), ...(pod?.containerMetrics[0]?.metrics ?? [])];
    const keys = new Map(describeMetrics().map(({ name, labelKeys }) => [name, labelKeys.length]));
    expect(all.filter(({ name, labelValues }) => keys.get(name) !== labelValues.length)).toEqual([]);
    const rows = all.map(({ name, labelValues }) => [name, ...labelValues].join());
    expect(new Set(rows).size).toBe(rows.length);
    expect(all.filter(({ value }) => value === undefined)).toEqual([]);
  });

  it("labels pods, their networks and their containers as cadvisor does", () => {
    const [pod] = decode([sandboxDetail("one")]);

    const [whole] = find(pod?.metrics, "memory_rss");
    const [traffic] = find(pod?.metrics, "network_receive_bytes_total");
    const [own] = find(pod?.containerMetrics[0]?.metrics, "memory_rss");
    expect(whole?.labelValues).toEqual(["", "/one", "", "", "default", "name of one"]);
    expect(traffic?.labelValues).toEqual(["POD", "/one", "", "one", "default", "name of one", "eth0"]);
    expect(own?.labelValues).toEqual(["main", "/one/container", "nginx:1", "one-container", "default", "name of one"]);
  });

  it("carries numbers of 64 bits, whole seconds, types, and the time of each reading", () => {
    const [pod] = decode([sandboxDetail("one")]);

    const metrics = pod?.containerMetrics[0]?.metrics;
    expect(find(metrics, "memory_usage_bytes")).toMatchObject([
      { value: { value: 2n ** 63n }, metricType: MetricType.GAUGE },
    ]);
    expect(find(metrics, "cpu_usage_seconds_total")).toMatchObject([
      { value: { value: 7n }, metricType: MetricType.COUNTER, timestamp: 100n * second },
    ]);
    expect(find(metrics, "file_descriptors")).toMatchObject([{ value: { value: 17n }, timestamp: 90n * second }]);
    expect(find(pod?.metrics, "network_transmit_packets_total")).toMatchObject([{ timestamp: 95n * second }]);
    expect(
      find(metrics, "blkio_device_usage_total").map(({ labelValues, value }) => [labelValues.slice(6), value?.value]),
    ).toEqual([
      [["/dev/vda", "254", "0", "Read"], 1024n],
      [["/dev/vda", "254", "0", "Write"], 512n],
    ]);
  });

  it("tells of a pod's own cgroup what it tells of a container's, and nothing of it where it is not the pod's alone", () => {
    const [own] = decode([sandboxDetail("one")]);
    const [shared] = decode([sandboxDetail("one", { detail: undefined })]);

    for (const name of [
      "cpu_user_seconds_total",
      "processes",
      "spec_cpu_shares",
      "oom_events_total",
      "fs_reads_total",
      "sockets",
    ]) {
      expect([name, find(own?.metrics, name).length]).toEqual([name, 1]);
      expect([name, find(shared?.metrics, name).length]).toEqual([name, 0]);
    }
    expect(find(own?.metrics, "start_time_seconds")).toMatchObject([{ value: { value: 10n } }]);
    expect(find(own?.metrics, "ulimits_soft")).toEqual([]);
    expect(find(shared?.metrics, "memory_rss")).toHaveLength(1);
  });

  it("tells of a quota's periods only what has a quota, as cadvisor does", () => {
    const plain = sandboxDetail("one");
    const free = { ...detail, cpu: { ...detail.cpu, quotaMicros: undefined } };
    const [pod] = decode([{ ...plain, containers: plain.containers.map((each) => ({ ...each, detail: free })) }]);

    const count = (metrics: readonly Metric[] | undefined): number =>
      metrics?.filter(({ name }) => name.startsWith("container_cpu_cfs_")).length ?? 0;
    expect([count(pod?.metrics), count(pod?.containerMetrics[0]?.metrics)]).toEqual([5, 0]);
  });

  it("has no value where the kernel counts nothing, and none of tasks before they were counted", () => {
    const plain = sandboxDetail("one");
    const [pod] = decode([{ ...plain, containers: plain.containers.map((each) => ({ ...each, census: undefined })) }]);

    const metrics = pod?.containerMetrics[0]?.metrics;
    for (const name of ["memory_pgscan_total", "health_state", "fs_reads_merged_total", "sockets", "tasks_state"]) {
      expect([name, find(metrics, name).length]).toEqual([name, 0]);
    }
  });
});
