import { expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell } from "./pod-acts.ts";

/** Puts the state directory on a file system like that of /run on many machines, where crispd alone sees it. */
const onNoexec = `
for word do [ "$last" = --state ] && state=$word; last=$word; done
mkdir -p "$state" && mount -t tmpfs -o nosuid,nodev,noexec,mode=0711 tmpfs "$state" && exec "$@"`;

const daemon = useDaemon({
  launcher: ["unshare", "--mount", "--propagation", "private", "sh", "-c", onNoexec, "sh"],
  config: `[runtimes.shim]\ntype = "shim"\npath = "containerd-shim-runc-v2"\n`,
});

test("pods run where the state directory lets no program run: with a shared PID namespace, and with a shim", async () => {
  const { client } = daemon();
  const shared = await runPod(daemon(), { namespaces: { pid: NamespaceMode.POD } });
  const ofShim = await runPod(daemon(), { metadata: { name: "shim", namespace: "default", uid: "shim" } }, "shim");

  for (const pod of [shared, ofShim]) {
    const containerId = await startShell(daemon(), pod, idle);
    expect((await execSync(client, containerId, ["echo", "runs"])).stdout).toBe("runs\n");
  }
});
