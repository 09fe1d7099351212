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
  const list = await encoder.list(engine.sandboxDetails());
  return new EncodedMessage(ListPodSandboxMetricsResponseSchema, [list], "own");
}

/** Answers StreamPodSandboxMetrics: a pod a piece, each as it was when it was sent. */
export async function* streamPodSandboxMetrics(
  engine: Engine,
  encoder: MetricsEncoder,
): AsyncIterable<EncodedMessage<typeof StreamPodSandboxMetricsResponseSchema>> {
  const encode = encoder.begin();
  for await (const detail of engine.sandboxDetails()) {
    yield new EncodedMessage(StreamPodSandboxMetricsResponseSchema, encode(detail));
  }
}
