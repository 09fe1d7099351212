import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type ContainerStatsRequest,
  type ContainerStatsResponse,
  ContainerStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerStatsToProto } from "../convert/stats.ts";

/** Answers ContainerStats. */
export function containerStats(
  { containerId }: ContainerStatsRequest,
  engine: Engine,
): Promise<ContainerStatsResponse> {
  return namingAct(`stats of container ${shortId(containerId)}`, async () => {
    const stats = await engine.containerStats(requireId(containerId, "container_id"));
    return create(ContainerStatsResponseSchema, { stats: containerStatsToProto(stats) });
  });
}
