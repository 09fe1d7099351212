import { create } from "@bufbuild/protobuf";
import { type MetricDescriptor, MetricDescriptorSchema } from "#proto/cri/v1/runtime_pb.js";
import { cgroupMetrics } from "./cgroup-metrics.ts";
import type { MetricDefinition } from "./definition.ts";
import { diskMetrics, layerMetrics } from "./disk-metrics.ts";
import { networkMetrics } from "./network-metrics.ts";
import { taskMetrics } from "./task-metrics.ts";
import { usageMetrics } from "./usage-metrics.ts";

/** The labels of all metrics, in the order of their values. */
export const podMetricLabels: readonly string[] = ["container", "id", "image", "name", "namespace", "pod"];

/** What is told of a metric, without how it is read. */
type ToldMetric = Omit<MetricDefinition<never>, "read">;

/** Every metric there can be of pods and containers, by where it comes from: docs/pod-metrics.md is made of this. */
export const podMetricGroups: Readonly<Record<string, readonly ToldMetric[]>> = {
  Usage: usageMetrics,
  "Cgroups and limits": cgroupMetrics,
  "Block devices": diskMetrics,
  "Writable layers": layerMetrics,
  Tasks: taskMetrics,
  Network: networkMetrics,
};

/** Every metric as kubelet is told of it: one that it was not told of is dropped. */
export function describeMetrics(): MetricDescriptor[] {
  return Object.values(podMetricGroups).flatMap((metrics) =>
    metrics.map(({ name, help, labels }) =>
      create(MetricDescriptorSchema, { name, help, labelKeys: [...podMetricLabels, ...labels] }),
    ),
  );
}
