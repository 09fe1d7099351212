import { create } from "@bufbuild/protobuf";
import type { ContainerDetail, SandboxDetail } from "#pod";
import {
  type ContainerMetrics,
  ContainerMetricsSchema,
  type Metric,
  type MetricDescriptor,
  MetricDescriptorSchema,
  MetricSchema,
  MetricType,
  type PodSandboxMetrics,
  PodSandboxMetricsSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerMetrics } from "./container-metrics.ts";
import type { MetricDefinition } from "./definition.ts";
import { networkMetrics } from "./network-metrics.ts";
import { usageMetrics } from "./usage-metrics.ts";

/** The labels of all metrics, in the order of their values. */
const baseLabels = ["container", "id", "image", "name", "namespace", "pod"] as const;

/** Their values for one pod or container. */
type BaseValues = [container: string, id: string, image: string, name: string, namespace: string, pod: string];

const typeToProto = { counter: MetricType.COUNTER, gauge: MetricType.GAUGE } as const;

/** Every metric there can be. A metric without one is dropped by kubelet. */
export function describeMetrics(): MetricDescriptor[] {
  return [...usageMetrics, ...containerMetrics, ...networkMetrics].map(({ name, help, labels }) =>
    create(MetricDescriptorSchema, { name, help, labelKeys: [...baseLabels, ...labels] }),
  );
}

/**
 * The metrics of a pod and its containers, with the label values that cadvisor gives them: a pod's own rows are those of
 * a container without a name, except for the network, whose container it calls POD.
 */
export function sandboxMetricsToProto(detail: SandboxDetail): PodSandboxMetrics {
  const { sandbox, sample, network } = detail.stats;
  const { name, namespace } = sandbox.config.metadata;
  const own: BaseValues = ["", detail.cgroupPath, "", "", namespace, name];
  const shared: BaseValues = ["POD", detail.cgroupPath, "", sandbox.id, namespace, name];
  return create(PodSandboxMetricsSchema, {
    podSandboxId: sandbox.id,
    metrics: [
      ...readMetrics(usageMetrics, { subject: sample, base: own, atNanos: sample.takenAtNanos }),
      ...(network === undefined
        ? []
        : readMetrics(networkMetrics, { subject: network.interfaces, base: shared, atNanos: network.takenAtNanos })),
    ],
    containerMetrics: detail.containers.map((container) => containerMetricsToProto(detail, container)),
  });
}

function containerMetricsToProto({ stats, disk }: SandboxDetail, detail: ContainerDetail): ContainerMetrics {
  const { container, sample, cgroupPath } = detail;
  const { metadata, image } = container.config;
  const { name, namespace } = stats.sandbox.config.metadata;
  const imageName = image.userSpecifiedImage === "" ? image.image : image.userSpecifiedImage;
  const base: BaseValues = [metadata.name, cgroupPath, imageName, container.id, namespace, name];
  const atNanos = sample.takenAtNanos;
  return create(ContainerMetricsSchema, {
    containerId: container.id,
    metrics: [
      ...readMetrics(usageMetrics, { subject: sample, base, atNanos }),
      ...readMetrics(containerMetrics, { subject: { ...detail, disk }, base, atNanos }),
    ],
  });
}

/** What is read, whose it is, and when it was. */
interface ReadContext<Subject> {
  readonly subject: Subject;
  readonly base: BaseValues;
  readonly atNanos: bigint;
}

function readMetrics<Subject>(
  definitions: readonly MetricDefinition<Subject>[],
  { subject, base, atNanos }: ReadContext<Subject>,
): Metric[] {
  return definitions.flatMap(({ name, kind, read }) =>
    read(subject).map(({ labels, value }) =>
      create(MetricSchema, {
        name,
        timestamp: atNanos,
        metricType: typeToProto[kind],
        // Most have none of their own: thousands of metrics then share a few lists.
        labelValues: labels.length === 0 ? base : [...base, ...labels],
        value: { value },
      }),
    ),
  );
}
