import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createAdminClient } from "#client";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { needing } from "../../support/needing.ts";
import { containerConfig, type Namespaces, podConfig } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { idle, runPod } from "./pod-acts.ts";

const daemon = useDaemon({
  config: `[runtimes.${handlerUnderTest().name}]
default_rlimits = { nofile = "100:200" }
allowed_annotations = ["vendor.io/*"]
`,
});

const ids = [{ hostId: 1_310_720, containerId: 0, length: 65_536 }];
const userns: Namespaces = { usernsOptions: { mode: NamespaceMode.POD, uids: ids, gids: ids } };

const onNode: Namespaces = { network: NamespaceMode.NODE, ipc: NamespaceMode.NODE, pid: NamespaceMode.NODE };

describe.each([
  { name: "", namespaces: {}, needs: {} },
  { name: "in a user namespace", namespaces: userns, needs: needing("have user namespaces") },
  { name: "privileged on the node", namespaces: onNode, needs: {} },
])("a container $name", ({ name, namespaces, needs }) => {
  test("gets the very config.json that crisp spec tells", needs, async () => {
    const { client, crispd, busybox, workspace } = daemon();
    const isPrivileged = name.startsWith("privileged");
    const pod = await runPod(daemon(), { namespaces, isPrivileged, annotations: { "vendor.io/a": "1" } });
    const mapped = "usernsOptions" in namespaces ? { uidMappings: ids, gidMappings: ids } : {};
    const hostPath = await directoryIn(workspace, "volume");
    const config = containerConfig("main", busybox.reference, ["sh", "-c", idle], {
      namespaces,
      isPrivileged,
      mounts: [
        { containerPath: "/data", hostPath, ...mapped },
        { containerPath: "/image", image: { image: busybox.reference } },
      ],
      envs: [{ key: "ASKED", value: Buffer.from("1") }],
      tty: true,
    });
    await using admin = openAdmin(crispd.socketPath);

    const explained = await admin.explainContainer({ sandboxConfig: pod.config, config });
    const { containerId } = await client.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config });
    await client.startContainer({ containerId });
    const real = await readFile(path.join(crispd.state, "containers", containerId, "config.json"), "utf8");

    const noId = "0".repeat(64);
    expect(JSON.parse(explained.configJson)).toEqual(
      JSON.parse(real.replaceAll(containerId, noId).replaceAll(pod.id, noId)),
    );
    const whyOf = (part: string): unknown => explained.parts.find((each) => each.part === part);
    expect(whyOf("process.rlimits[RLIMIT_NOFILE]")).toMatchObject({ from: "policy", why: "default_rlimits" });
    expect(whyOf("annotations[vendor.io/a]")).toMatchObject({ from: "request" });
    expect(whyOf("process.env[ASKED]")).toMatchObject({ from: "request", why: "envs" });
  });
});

test("crisp spec refuses what a creation would refuse, and makes nothing", async () => {
  const { crispd, busybox, workspace } = daemon();
  const sandboxConfig = podConfig(workspace, "none");
  const config = containerConfig("main", busybox.reference, ["true"], {
    mounts: [{ containerPath: "relative", hostPath: workspace.dir }],
  });
  await using admin = openAdmin(crispd.socketPath);

  const refused = await refusalOf(admin.explainContainer({ sandboxConfig, config }));

  expect(refused).toMatchObject({ kind: "invalid" });
  expect(refused.message).toContain("mounts.container_path");
});

function openAdmin(socketPath: string): ReturnType<typeof createAdminClient> & AsyncDisposable {
  const admin = createAdminClient({ endpoint: `unix://${socketPath}`, timeoutMs: 10_000 });
  return { ...admin, [Symbol.asyncDispose]: async () => admin.close() };
}
