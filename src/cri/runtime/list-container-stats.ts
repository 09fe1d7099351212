import { create, toBinary } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  type ContainerStats,
  type ContainerStatsFilter,
  type ListContainerStatsRequest,
  type ListContainerStatsResponse,
  ListContainerStatsResponseSchema,
  type StreamContainerStatsRequest,
  StreamContainerStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
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
): AsyncIterable<EncodedMessage<typeof StreamContainerStatsResponseSchema>> {
  for (const parts of inPieces(encodeEach(await collect(filter, engine)))) {
    yield new EncodedMessage(StreamContainerStatsResponseSchema, parts);
  }
}

function* encodeEach(all: readonly ContainerStats[]): Iterable<Uint8Array> {
  const schema = StreamContainerStatsResponseSchema;
  for (const stats of all) yield toBinary(schema, create(schema, { containerStats: [stats] }));
}

async function collect(filter: ContainerStatsFilter | undefined, engine: Engine): Promise<ContainerStats[]> {
  const stats = await engine.listContainerStats({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter === undefined || filter.podSandboxId === "" ? {} : { sandboxId: filter.podSandboxId }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return stats.map(containerStatsToProto);
}
