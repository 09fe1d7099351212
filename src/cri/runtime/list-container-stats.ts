import { create } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  type ContainerStats,
  type ContainerStatsFilter,
  type ListContainerStatsRequest,
  type ListContainerStatsResponse,
  ListContainerStatsResponseSchema,
  type StreamContainerStatsRequest,
  type StreamContainerStatsResponse,
  StreamContainerStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerStatsToProto } from "../convert/stats.ts";

/** Answers ListContainerStats. */
export async function listContainerStats(
  { filter }: ListContainerStatsRequest,
  engine: Engine,
): Promise<ListContainerStatsResponse> {
  return create(ListContainerStatsResponseSchema, { stats: await collect(filter, engine) });
}

/** Answers StreamContainerStats. */
export async function* streamContainerStats(
  { filter }: StreamContainerStatsRequest,
  engine: Engine,
): AsyncIterable<StreamContainerStatsResponse> {
  for (const containerStats of inPieces(await collect(filter, engine))) {
    yield create(StreamContainerStatsResponseSchema, { containerStats });
  }
}

async function collect(filter: ContainerStatsFilter | undefined, engine: Engine): Promise<ContainerStats[]> {
  const stats = await engine.listContainerStats({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter === undefined || filter.podSandboxId === "" ? {} : { sandboxId: filter.podSandboxId }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return stats.map(containerStatsToProto);
}
