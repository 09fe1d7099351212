import { expect, test } from "vitest";
import { noResources } from "#spec";
import { exampleInput, exampleSandbox } from "../fake/example-input.ts";
import { buildContainerSpec } from "../spec/build-container-spec.ts";
import type { PodMembership } from "../types.ts";
import { withPod } from "./pod-annotations.ts";

const { spec } = buildContainerSpec(exampleInput());
const resources = { ...noResources, cpuPeriod: 100_000, cpuQuota: 50_000, cpuShares: 512, memoryLimitBytes: 1_048_576 };
const pod: PodMembership = {
  sandboxId: "pod",
  role: "sandbox",
  sandboxBundle: "/bundles/pod",
  config: { ...exampleSandbox, hostname: "web-0", logDirectory: "/var/log/pods/web", resources },
  annotations: { "io.katacontainers.config.hypervisor.default_memory": "512" },
};

test("the container that stands for a pod says what the pod is called, what it is allowed, and how large it is", () => {
  const document = withPod(spec, pod, "pod");

  const { name, namespace, uid } = exampleSandbox.metadata;
  expect(document.hostname).toBe("web-0");
  expect(document.annotations).toMatchObject({
    "io.kubernetes.cri.container-type": "sandbox",
    "io.kubernetes.cri.sandbox-id": "pod",
    "io.kubernetes.cri.sandbox-name": name,
    "io.kubernetes.cri.sandbox-namespace": namespace,
    "io.kubernetes.cri.sandbox-uid": uid,
    "io.kubernetes.cri.sandbox-log-directory": "/var/log/pods/web",
    "io.kubernetes.cri.sandbox-cpu-period": "100000",
    "io.kubernetes.cri.sandbox-cpu-quota": "50000",
    "io.kubernetes.cri.sandbox-cpu-shares": "512",
    "io.kubernetes.cri.sandbox-memory": "1048576",
    "io.katacontainers.config.hypervisor.default_memory": "512",
  });
});

test("another container has its own annotations and names its pod", () => {
  const document = withPod(spec, { ...pod, role: "container" }, "box");

  expect(document).toEqual({
    ...spec,
    annotations: {
      ...spec.annotations,
      "io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.sandbox-id": "pod",
    },
  });
});

test("a pod on the node's names of hosts keeps that name", () => {
  const linux = { ...spec.linux, namespaces: spec.linux.namespaces.filter(({ type }) => type !== "uts") };

  expect(withPod({ ...spec, linux }, pod, "pod").hostname).toBe(spec.hostname);
});
