import { create } from "@bufbuild/protobuf";
import { type MetricDescriptor, MetricDescriptorSchema } from "#proto/cri/v1/runtime_pb.js";
import { cgroupMetrics } from "./cgroup-metrics.ts";
import { diskMetrics, layerMetrics } from "./disk-metrics.ts";
import { networkMetrics } from "./network-metrics.ts";
import { taskMetrics } from "./task-metrics.ts";
import { usageMetrics } from "./usage-metrics.ts";

/** The labels of all metrics, in the order of their values. */
const baseLabels = ["container", "id", "image", "name", "namespace", "pod"] as const;

/** Every metric there can be. A metric without one is dropped by kubelet. */
export function describeMetrics(): MetricDescriptor[] {
  const all = [...usageMetrics, ...cgroupMetrics, ...diskMetrics, ...layerMetrics, ...taskMetrics, ...networkMetrics];
  return all.map(({ name, help, labels }) =>
    create(MetricDescriptorSchema, { name, help, labelKeys: [...baseLabels, ...labels] }),
  );
}
