import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  ContainerSchema,
  ContainerState,
  ContainerStatsSchema,
  PodSandboxMetricsSchema,
  PodSandboxSchema,
  PodSandboxStatsSchema,
} from "#proto/cri/v1/runtime_pb.js";
import type { NodeSample } from "./sample.ts";
import { compareSamples } from "./usage.ts";

const second = 1_000_000_000n;

/** A pod with a container that uses half a processor, at this second. */
function sampleAt(time: bigint, changes: Partial<NodeSample> = {}): NodeSample {
  const at = time * second;
  const cpu = { timestamp: at, usageCoreNanoSeconds: { value: at / 2n } };
  const network = {
    timestamp: at,
    defaultInterface: { rxBytes: { value: 100n * time }, txBytes: { value: 7n * time } },
  };
  const metric = (name: string, value: bigint) => ({ name, timestamp: at, value: { value } });
  const metrics = [
    metric("container_fs_reads_bytes_total", 1_000n * time),
    metric("container_fs_reads_bytes_total", 500n * time),
    metric("container_fs_writes_bytes_total", 20n * time),
  ];
  return {
    pods: [create(PodSandboxSchema, { id: "p", metadata: { name: "web", namespace: "default" }, createdAt: 5n })],
    containers: [container({ id: "c", metadata: { name: "main", attempt: 2 } })],
    containerStats: [
      create(ContainerStatsSchema, { attributes: { id: "c" }, cpu, memory: { workingSetBytes: { value: 5_000n } } }),
    ],
    podStats: [create(PodSandboxStatsSchema, { attributes: { id: "p" }, linux: { network } })],
    podMetrics: [
      create(PodSandboxMetricsSchema, { podSandboxId: "p", containerMetrics: [{ containerId: "c", metrics }] }),
    ],
    ...changes,
  };
}

function container(init: MessageInitShape<typeof ContainerSchema>) {
  return create(ContainerSchema, { podSandboxId: "p", state: ContainerState.CONTAINER_RUNNING, ...init });
}

test("compareSamples() tells what happened in a second, over all devices", () => {
  const { pods, total, ...counts } = compareSamples(sampleAt(1n), sampleAt(3n));

  expect(counts).toEqual({ readyPods: 1, containers: 1, runningContainers: 1 });
  const main = { name: "main", state: "Running", restarts: 2, cpuPercent: 50, memoryBytes: 5_000 };
  expect(pods).toMatchObject([
    {
      name: "web",
      namespace: "default",
      state: "Ready",
      restarts: 2,
      cpuPercent: 50,
      memoryBytes: 5_000,
      received: 100,
      sent: 7,
      diskRead: 1_500,
      diskWritten: 20,
      containers: [{ ...main, diskRead: 1_500, diskWritten: 20, received: undefined }],
    },
  ]);
  expect(total).toMatchObject({ cpuPercent: 50, memoryBytes: 5_000, received: 100 });
});

test("compareSamples() tells nothing of what a runtime does not tell", () => {
  const less = { podStats: [], podMetrics: [] };

  const { pods } = compareSamples(sampleAt(1n, less), sampleAt(2n, less));

  expect(pods).toMatchObject([{ cpuPercent: 50, received: undefined, diskRead: undefined }]);
});

test("compareSamples() tells nothing of a first reading, or of the same one twice, and no less than nothing", () => {
  const [first, second_] = [sampleAt(1n), sampleAt(2n)];

  expect(compareSamples(first, first).pods[0]?.cpuPercent).toBeUndefined();
  expect(compareSamples(sampleAt(1n, { containerStats: [] }), second_).pods[0]?.cpuPercent).toBeUndefined();
  const restarted = { ...second_, containerStats: sampleAt(3n).containerStats.map((stats) => ({ ...stats })) };
  const [stats] = restarted.containerStats;
  if (stats?.cpu?.usageCoreNanoSeconds !== undefined) stats.cpu.usageCoreNanoSeconds.value = 0n;
  expect(compareSamples(first, restarted).pods[0]?.cpuPercent).toBe(0);
});

test("compareSamples() shows the newest attempt of a container only", () => {
  const old = container({ id: "old", metadata: { name: "main", attempt: 1 }, createdAt: 1n });
  const fresh = container({ id: "c", metadata: { name: "main", attempt: 2 }, createdAt: 2n });
  const sample = sampleAt(1n, { containers: [fresh, old] });

  expect(compareSamples(sample, sample).pods[0]?.containers.map(({ restarts }) => restarts)).toEqual([2]);
});
