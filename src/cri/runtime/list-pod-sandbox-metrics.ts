import { create } from "@bufbuild/protobuf";
import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  type ListPodSandboxMetricsResponse,
  ListPodSandboxMetricsResponseSchema,
  type StreamPodSandboxMetricsResponse,
  StreamPodSandboxMetricsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { sandboxMetricsToProto } from "../metrics/convert.ts";

/** Answers ListPodSandboxMetrics. */
export async function listPodSandboxMetrics(engine: Engine): Promise<ListPodSandboxMetricsResponse> {
  const details = await engine.listSandboxDetails();
  return create(ListPodSandboxMetricsResponseSchema, { podMetrics: details.map(sandboxMetricsToProto) });
}

/** Answers StreamPodSandboxMetrics. */
export async function* streamPodSandboxMetrics(engine: Engine): AsyncIterable<StreamPodSandboxMetricsResponse> {
  for (const details of inPieces(await engine.listSandboxDetails())) {
    yield create(StreamPodSandboxMetricsResponseSchema, { podSandboxMetrics: details.map(sandboxMetricsToProto) });
  }
}
