import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListMetricDescriptorsResponseSchema, ListPodSandboxMetricsResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

test("crisp metricsp prints the metrics of all pods", async () => {
  const metric = { name: "container_processes", labelValues: ["main"], value: { value: 3n } };
  const { out } = await runCrisp(["metricsp"], {
    listPodSandboxMetrics: async () =>
      create(ListPodSandboxMetricsResponseSchema, { podMetrics: [{ podSandboxId: "c", metrics: [metric] }] }),
  });

  expect(JSON.parse(out)).toMatchObject({
    podMetrics: [{ podSandboxId: "c", metrics: [{ name: metric.name, metricType: "COUNTER", value: { value: "3" } }] }],
  });
});

test("crisp metricdescs prints what metrics there are", async () => {
  const descriptor = { name: "container_processes", help: "processes", labelKeys: ["container"] };
  const { out } = await runCrisp(["metricdescs", "-o", "yaml"], {
    listMetricDescriptors: async () => create(ListMetricDescriptorsResponseSchema, { descriptors: [descriptor] }),
  });

  expect(out).toContain("name: container_processes");
});
