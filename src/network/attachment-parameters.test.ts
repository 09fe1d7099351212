import { describe, expect, it } from "vitest";
import type { SandboxId } from "#foundation";
import { toAttachmentParameters } from "./attachment-parameters.ts";
import type { AttachTarget } from "./types.ts";

const target: AttachTarget = {
  sandboxId: "5a" as SandboxId,
  netnsPath: "/run/crisp/netns/5a",
  podName: "web-0",
  podNamespace: "shop",
  podUid: "4711",
  portMappings: [
    { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" },
    { protocol: "udp", containerPort: 53, hostPort: 0, hostIp: "" },
  ],
  dns: { servers: ["10.0.0.10"], searches: ["shop.svc"], options: ["ndots:5"] },
  annotations: { "kubernetes.io/egress-bandwidth": "1M" },
  cgroupPath: "/kubepods/pod4711",
};

function argsFor(overrides: Partial<AttachTarget>, ...declared: string[]): unknown {
  return toAttachmentParameters({ ...target, ...overrides }, new Set(declared)).capabilityArgs;
}

describe("toAttachmentParameters()", () => {
  it("names the pod in CNI_ARGS as Kubernetes' plugins expect it", () => {
    expect(toAttachmentParameters(target, new Set()).args).toBe(
      "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=5a;K8S_POD_UID=4711",
    );
  });

  it.each(["a;K8S_POD_UID=0", "a=b"])("refuses the pod name %s, which would break out of its field", (podName) => {
    expect(() => toAttachmentParameters({ ...target, podName }, new Set())).toThrow(
      `K8S_POD_NAME "${podName}" cannot be passed to plugins`,
    );
  });

  it("keeps host ports for ourselves where no plugin declares them", () => {
    const [web] = target.portMappings;

    expect(toAttachmentParameters(target, new Set(["dns"])).hostPorts).toEqual([web]);
    expect(toAttachmentParameters(target, new Set(["portMappings"])).hostPorts).toEqual([]);
  });

  it("offers nothing that is not declared, and does not look at it", () => {
    expect(argsFor({ annotations: { "kubernetes.io/egress-bandwidth": "nonsense" } })).toEqual({});
  });

  it("offers every capability that is declared", () => {
    const declared = ["portMappings", "bandwidth", "dns", "cgroupPath", "io.kubernetes.cri.pod-annotations", "mac"];

    expect(argsFor({}, ...declared)).toEqual({
      portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: "" }],
      bandwidth: { egressRate: 1_000_000, egressBurst: 4_294_967_295 },
      dns: { servers: ["10.0.0.10"], searches: ["shop.svc"], options: ["ndots:5"] },
      cgroupPath: "/kubepods/pod4711",
      "io.kubernetes.cri.pod-annotations": { "kubernetes.io/egress-bandwidth": "1M" },
    });
  });

  it("leaves out what the pod does not have", () => {
    const bare = { portMappings: [], dns: undefined, annotations: {}, cgroupPath: "" };

    expect(argsFor(bare, "portMappings", "bandwidth", "dns", "cgroupPath")).toEqual({});
  });
});
