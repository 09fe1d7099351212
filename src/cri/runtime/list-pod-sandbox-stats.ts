import { create } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  type ListPodSandboxStatsRequest,
  type ListPodSandboxStatsResponse,
  ListPodSandboxStatsResponseSchema,
  type PodSandboxStats,
  type PodSandboxStatsFilter,
  type StreamPodSandboxStatsRequest,
  type StreamPodSandboxStatsResponse,
  StreamPodSandboxStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
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
): AsyncIterable<StreamPodSandboxStatsResponse> {
  for (const podSandboxStats of inPieces(await collect(filter, engine))) {
    yield create(StreamPodSandboxStatsResponseSchema, { podSandboxStats });
  }
}

async function collect(filter: PodSandboxStatsFilter | undefined, engine: Engine): Promise<PodSandboxStats[]> {
  const stats = await engine.listSandboxStats({
    ...(filter === undefined || filter.id === "" ? {} : { id: filter.id }),
    ...(filter === undefined ? {} : { labels: filter.labelSelector }),
  });
  return stats.map(sandboxStatsToProto);
}
