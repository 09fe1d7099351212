import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { ContainerStats, ContainerView, Engine, SandboxStats } from "#pod";
import {
  type StreamContainerStatsRequest,
  StreamContainerStatsResponseSchema,
  type StreamContainersRequest,
  StreamContainersResponseSchema,
  type StreamPodSandboxStatsRequest,
  StreamPodSandboxStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { grpcMessageLimitBytes } from "#spec";
import { streamContainerStats } from "./list-container-stats.ts";
import { encodedContainers, listContainers, streamContainers } from "./list-containers.ts";
import { streamPodSandboxStats } from "./list-pod-sandbox-stats.ts";

/** As many annotations as Kubernetes lets an object have, on as many containers as a list cannot carry. */
const annotations = { large: "x".repeat(256 * 1024) };
const containers = Array.from({ length: 80 }, (_, index) => ({
  id: `container-${index}`,
  sandboxId: "sandbox",
  state: "running",
  createdAtNanos: 1n,
  imageRef: "",
  imageId: "",
  config: { metadata: { name: "main", attempt: 0 }, labels: {}, annotations, image: { image: "busybox" } },
})) as unknown as readonly ContainerView[];
const stats = containers.map(
  (container): ContainerStats => ({ container, sample: undefined, writableLayer: undefined }),
);
const sample = { takenAtNanos: 1n, nanoCores: undefined, usage: { cpu: {}, memory: {}, io: {}, swap: undefined } };
const sandboxStats = containers.map(({ id, config }) => ({
  sandbox: { id, config },
  sample,
  network: undefined,
  processCount: 1,
  containers: [],
})) as unknown as readonly SandboxStats[];

const engine = {
  listContainers: () => containers,
  listContainerStats: async () => stats,
  listSandboxStats: async () => sandboxStats,
} as unknown as Engine;

interface Encoded {
  join(): Buffer;
}

async function collect(messages: AsyncIterable<Encoded> | Iterable<Encoded>): Promise<readonly Buffer[]> {
  const all: Buffer[] = [];
  for await (const message of messages) all.push(message.join());
  return all;
}

const ids = containers.map(({ id }) => id);

test("containers that one message cannot carry come in many", async () => {
  const items = encodedContainers();
  expect(listContainers({} as never, engine, items).join().length).toBeGreaterThan(grpcMessageLimitBytes);

  const messages = await collect(streamContainers({} as StreamContainersRequest, engine, items));

  const decoded = messages.map((bytes) => fromBinary(StreamContainersResponseSchema, bytes).containers);
  expect(decoded.flat().map(({ id }) => id)).toEqual(ids);
  expect(messages.filter(({ length }) => length > 2 * 1024 * 1024)).toEqual([]);
});

test("so do their stats", async () => {
  const messages = await collect(streamContainerStats({} as StreamContainerStatsRequest, engine));

  const decoded = messages.map((bytes) => fromBinary(StreamContainerStatsResponseSchema, bytes).containerStats);
  expect(decoded.flat().map(({ attributes }) => attributes?.id)).toEqual(ids);
  expect(messages.filter(({ length }) => length > 2 * 1024 * 1024)).toEqual([]);
});

test("so do the stats of pods", async () => {
  const messages = await collect(streamPodSandboxStats({} as StreamPodSandboxStatsRequest, engine));

  const decoded = messages.map((bytes) => fromBinary(StreamPodSandboxStatsResponseSchema, bytes).podSandboxStats);
  expect(decoded.flat().map(({ attributes }) => attributes?.id)).toEqual(ids);
  expect(messages.filter(({ length }) => length > 2 * 1024 * 1024)).toEqual([]);
});
