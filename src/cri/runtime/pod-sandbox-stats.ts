import { create } from "@bufbuild/protobuf";
import { namingAct, requireId, shortId } from "#grpc";
import type { Engine } from "#pod";
import {
  type PodSandboxStatsRequest,
  type PodSandboxStatsResponse,
  PodSandboxStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { sandboxStatsToProto } from "../convert/stats.ts";

/** Answers PodSandboxStats. */
export function podSandboxStats(
  { podSandboxId }: PodSandboxStatsRequest,
  engine: Engine,
): Promise<PodSandboxStatsResponse> {
  return namingAct(`stats of sandbox ${shortId(podSandboxId)}`, async () => {
    const stats = await engine.sandboxStats(requireId(podSandboxId, "pod_sandbox_id"));
    return create(PodSandboxStatsResponseSchema, { stats: sandboxStatsToProto(stats) });
  });
}
