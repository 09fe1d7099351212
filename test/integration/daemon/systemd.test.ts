import { describe, expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { refusalOf } from "../../support/refusal.ts";
import { hasSystemd, stopSlice, systemctl, unitProperties } from "../../support/systemd.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { idle, runPod, startShell } from "./pod-acts.ts";

describe.runIf(hasSystemd)("with cgroups by systemd", () => {
  const daemon = useDaemon({
    config: `[runtimes.${handlerUnderTest().name}]
allowed_annotations = ["org.systemd.property.TimeoutStopUSec"]
`,
  });
  const MiB = 1024n * 1024n;

  /** The slice of a pod, as kubelet gives it. */
  function podSlice(): string {
    const { id } = daemon().workspace;
    return `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${id}.slice`;
  }

  test("a container is a scope below its pod's slice, with its limits, until it ends", async () => {
    const { client } = daemon();
    const slice = podSlice();
    const pod = await runPod(daemon(), { cgroupParent: slice });
    const containerId = await startShell(daemon(), pod, idle, { resources: { memoryLimitInBytes: 64n * MiB } });
    const scope = `crisp-${containerId}.scope`;
    const of = (...names: readonly string[]): Promise<unknown> => unitProperties(scope, names);

    expect(await of("ActiveState", "ControlGroup", "MemoryMax", "Delegate")).toEqual({
      ActiveState: "active",
      ControlGroup: `${slice}/${scope}`,
      MemoryMax: `${64n * MiB}`,
      Delegate: "yes",
    });
    await client.updateContainerResources({ containerId, linux: { memoryLimitInBytes: 96n * MiB } });
    expect(await of("MemoryMax")).toEqual({ MemoryMax: `${96n * MiB}` });
    const { stats } = await client.podSandboxStats({ podSandboxId: pod.id });
    expect(stats?.linux?.memory?.usageBytes?.value).toBeGreaterThan(0n);

    await client.stopContainer({ containerId, timeout: 0n });

    await waitFor("the scope's end", async () => (await systemctl("show", scope, "-P", "ActiveState")) === "inactive");
    await stopSlice(slice);
  });

  test("a slice is known by its name, wherever the client believes it to be", async () => {
    const { workspace } = daemon();
    const name = `crisp-${workspace.id}.slice`;
    const pod = await runPod(daemon(), { cgroupParent: `/${name}`, namespaces: { pid: NamespaceMode.POD } });
    const containerId = await startShell(daemon(), pod, idle);

    for (const id of [pod.id, containerId]) {
      expect(await systemctl("show", `crisp-${id}.scope`, "-P", "ControlGroup")).toBe(
        `/crisp.slice/${name}/crisp-${id}.scope`,
      );
    }
  });

  test("a parent that is no slice is refused by its field", async () => {
    const refusal = await refusalOf(runPod(daemon(), { cgroupParent: "/kubepods/besteffort/pod1" }));

    expect(refusal.kind).toBe("invalid");
    expect(refusal.message).toContain("linux.cgroup_parent: must end in the name of a slice");
  });

  test.runIf(handlerUnderTest().name === "runc")(
    "an annotation that the handler allows becomes a property of the scope, another one does not",
    async () => {
      const annotations = {
        "org.systemd.property.TimeoutStopUSec": "uint64 123000000",
        "org.systemd.property.Description": "'mine'",
      };
      const pod = await runPod(daemon(), { annotations });
      const containerId = await startShell(daemon(), pod, idle);

      const { TimeoutStopUSec, Description } = await unitProperties(`crisp-${containerId}.scope`, [
        "TimeoutStopUSec",
        "Description",
      ]);

      expect(TimeoutStopUSec).toBe("2min 3s");
      expect(Description).not.toBe("mine");
    },
  );
});
