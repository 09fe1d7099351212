import { create } from "@bufbuild/protobuf";
import { type ListMetricDescriptorsResponse, ListMetricDescriptorsResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { describeMetrics } from "../metrics/describe-metrics.ts";

/** Answers ListMetricDescriptors. */
export function listMetricDescriptors(): ListMetricDescriptorsResponse {
  return create(ListMetricDescriptorsResponseSchema, { descriptors: describeMetrics() });
}
