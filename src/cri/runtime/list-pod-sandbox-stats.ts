import { create, toBinary } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  type ListPodSandboxStatsRequest,
  type ListPodSandboxStatsResponse,
  ListPodSandboxStatsResponseSchema,
  type PodSandboxStats,
  type PodSandboxStatsFilter,
  type StreamPodSandboxStatsRequest,
  StreamPodSandboxStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
import { sandboxStatsToProto } from "../convert/stats.ts";

/** Answers ListPodSandboxStats. */
export async function listPodSandboxStats(
  { filter }: ListPodSandboxStatsRequest,
  engine: Engine,
): Promise<ListPodSandboxStatsResponse> {
  return create(ListPodSandboxStatsResponseSchema, { stats: await collect(filter, engine) });
}

/** Answers StreamPodSandboxStats. */
export async function* streamPodSandboxStats(
  { filter }: StreamPodSandboxStatsRequest,
  engine: Engine,
): AsyncIterable<EncodedMessage<typeof StreamPodSandboxStatsResponseSchema>> {
  for (const parts of inPieces(encodeEach(await collect(filter, engine)))) {
    yield new EncodedMessage(StreamPodSandboxStatsResponseSchema, parts);
  }
}

function* encodeEach(all: readonly PodSandboxStats[]): Iterable<Uint8Array> {
  const schema = StreamPodSandboxStatsResponseSchema;
  for (const stats of all) yield toBinary(schema, create(schema, { podSandboxStats: [stats] }));
}

async function collect(filter: PodSandboxStatsFilter | undefined, engine: Engine): Promise<PodSandboxStats[]> {
  const stats = await engine.listSandboxStats({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return stats.map(sandboxStatsToProto);
}
