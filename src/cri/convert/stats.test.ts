import { expect, test } from "vitest";
import type { ContainerStats, NetworkSample, SandboxStats, UsageSample } from "#pod";
import { containerStatsToProto, sandboxStatsToProto } from "./stats.ts";

const sample: UsageSample = {
  takenAtNanos: 100n,
  nanoCores: undefined,
  usage: {
    cpu: { usageNanos: 0n, pressure: undefined },
    memory: {
      usageBytes: 0n,
      workingSetBytes: 0n,
      rssBytes: 0n,
      cacheBytes: 0n,
      mappedFileBytes: 0n,
      activeFileBytes: 0n,
      inactiveFileBytes: 0n,
      pageFaults: 0n,
      majorPageFaults: 0n,
      reclaim: {
        dirtyBytes: undefined,
        writebackBytes: undefined,
        scannedPages: undefined,
        stolenPages: undefined,
        refaultedAnon: undefined,
        refaultedFile: undefined,
      },
      limitBytes: undefined,
      pressure: undefined,
    },
    swap: undefined,
    io: { pressure: undefined },
  },
};

const config = { metadata: { name: "main", attempt: 0 }, labels: { a: "b" }, annotations: { c: "d" } };
const container = { id: "c1", config } as unknown as ContainerStats["container"];
const sandbox = {
  id: "p1",
  config: { ...config, metadata: { name: "web", namespace: "default", uid: "u", attempt: 0 } },
} as unknown as SandboxStats["sandbox"];
const attributes = { id: "c1", metadata: config.metadata, labels: { a: "b" }, annotations: { c: "d" } };
const zero = { value: 0n };

function podOf(network: NetworkSample | undefined, containers: SandboxStats["containers"] = []) {
  return sandboxStatsToProto({ sandbox, sample, network, processCount: 0, containers });
}

test("a container that used nothing is told with zeros, which are not the same as nothing", () => {
  const { writableLayer, swap, ...told } = containerStatsToProto({ container, sample, writableLayer: undefined });

  expect([writableLayer, swap]).toEqual([undefined, undefined]);
  expect(told).toMatchObject({
    attributes,
    cpu: { timestamp: 100n, usageCoreNanoSeconds: zero },
    memory: {
      timestamp: 100n,
      workingSetBytes: zero,
      availableBytes: zero,
      usageBytes: zero,
      rssBytes: zero,
      pageFaults: zero,
      majorPageFaults: zero,
    },
    io: { timestamp: 100n },
  });
});

test("a container that does not run has its name, and no usage of any kind", () => {
  const { attributes: named, ...told } = containerStatsToProto({
    container,
    sample: undefined,
    writableLayer: undefined,
  });

  expect(named).toMatchObject(attributes);
  expect([told.cpu, told.memory, told.swap, told.io, told.writableLayer]).toEqual(Array(5).fill(undefined));
});

test.each<[string, NetworkSample | undefined]>([
  ["on the node's network", undefined],
  ["whose interfaces are gone", { takenAtNanos: 100n, interfaces: [] }],
])("a pod %s has all but a network: kubelet panics over one without an interface", (_name, network) => {
  const pod = podOf(network);

  expect(pod.linux?.network).toBeUndefined();
  expect(pod).toMatchObject({
    attributes: { id: "p1", metadata: { uid: "u" } },
    linux: {
      cpu: { timestamp: 100n, usageCoreNanoSeconds: zero },
      memory: { timestamp: 100n, workingSetBytes: zero },
      process: { timestamp: 100n, processCount: zero },
    },
  });
});

test("a pod whose container has just ended tells of it by its name alone", () => {
  const ended = { container, sample: undefined, writableLayer: undefined, processCount: 0, told: undefined };

  const [told] = podOf(undefined, [ended]).linux?.containers ?? [];

  expect(told).toMatchObject({ attributes });
  expect([told?.cpu, told?.memory]).toEqual([undefined, undefined]);
});

test("the first interface is the pod's own, and one of all", () => {
  const received = { bytes: 1n, packets: 2n, errors: 3n, dropped: 4n };
  const sent = { bytes: 5n, packets: 6n, errors: 7n, dropped: 8n };
  const interfaces = ["eth0", "net1"].map((name) => ({ name, received, sent }));

  const { network } = podOf({ takenAtNanos: 100n, interfaces }).linux ?? {};

  const counts = { rxBytes: { value: 1n }, rxErrors: { value: 3n }, txBytes: { value: 5n }, txErrors: { value: 7n } };
  expect(network).toMatchObject({
    timestamp: 100n,
    defaultInterface: { name: "eth0", ...counts },
    interfaces: [{ name: "eth0" }, { name: "net1", ...counts }],
  });
});
