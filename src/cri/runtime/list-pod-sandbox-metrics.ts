import { inPieces } from "#grpc";
import type { Engine } from "#pod";
import {
  ListPodSandboxMetricsResponseSchema,
  StreamPodSandboxMetricsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { EncodedMessage } from "#spec";
import type { MetricsEncoder } from "../metrics/metrics-encoder.ts";

/** Answers ListPodSandboxMetrics. */
export async function listPodSandboxMetrics(
  engine: Engine,
  encoder: MetricsEncoder,
): Promise<EncodedMessage<typeof ListPodSandboxMetricsResponseSchema>> {
  const items = await encoder.encode(await engine.listSandboxDetails());
  return new EncodedMessage(ListPodSandboxMetricsResponseSchema, items.flat());
}

/** Answers StreamPodSandboxMetrics. */
export async function* streamPodSandboxMetrics(
  engine: Engine,
  encoder: MetricsEncoder,
): AsyncIterable<EncodedMessage<typeof StreamPodSandboxMetricsResponseSchema>> {
  for (const details of inPieces(await engine.listSandboxDetails())) {
    const items = await encoder.encode(details);
    yield new EncodedMessage(StreamPodSandboxMetricsResponseSchema, items.flat());
  }
}
