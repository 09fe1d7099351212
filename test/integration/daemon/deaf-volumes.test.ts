import { expect, test } from "vitest";
import { MountPropagation } from "#proto/cri/v1/runtime_pb.js";
import { mountDeafVolume } from "../../support/deaf-volume.ts";
import { containerConfig } from "../../support/pod-config.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, exited, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon({ config: "[pods]\nvolume_timeout_seconds = 3\nkill_timeout_seconds = 2\n" });

function mountOf(hostPath: string) {
  return { hostPath, containerPath: "/volume", propagation: MountPropagation.PROPAGATION_PRIVATE };
}

test("a volume that does not answer ends its own call with the path and the stage, and holds up no other", async () => {
  const { client, workspace, busybox } = daemon();
  const pod = await runPod(daemon());
  await using volume = await mountDeafVolume(workspace, "deaf-from-the-start");
  await volume.goDeaf();
  const config = containerConfig("main", busybox.reference, ["true"], { mounts: [mountOf(volume.path)] });

  let hasEnded = false;
  const hanging = client
    .createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config })
    .then(({ containerId }) => client.startContainer({ containerId }))
    .finally(() => {
      hasEnded = true;
    });
  hanging.catch(() => undefined);
  const other = await runPod(daemon());
  const containerId = await startShell(daemon(), other, idle);
  expect((await containerStatus(client, containerId)).exitCode).toBe(0);
  await client.removePodSandbox({ podSandboxId: other.id });
  expect(hasEnded).toBe(false);

  await expect(hanging).rejects.toMatchObject({ kind: "timed-out" });
  await expect(hanging).rejects.toThrow(
    new RegExp(`mount source ${volume.path}: no answer in 3 s .*hangs in the kernel`),
  );
  await volume.end();
});

test("a container that hangs in the kernel is told of by its process and where it waits; its stop blocks nobody", async () => {
  const { client, workspace } = daemon();
  const pod = await runPod(daemon());
  await using volume = await mountDeafVolume(workspace, "deaf-later");
  const waiting = "echo ready; while ! [ -e /tmp/go ]; do sleep 0.05; done; [ -e /volume ]";
  const containerId = await startShell(daemon(), pod, waiting, { mounts: [mountOf(volume.path)] });
  await volume.goDeaf();
  await client.execSync({ containerId, cmd: ["touch", "/tmp/go"], timeout: 10n });
  const { info } = await client.containerStatus({ containerId, verbose: true });
  const { pid } = JSON.parse(info["info"] ?? "{}") as { readonly pid: number };
  await waitFor("the container to hang", () => volume.holds(pid));

  const stop = client.stopContainer({ containerId, timeout: 0n });
  stop.catch(() => undefined);
  const other = await runPod(daemon());
  await client.removePodSandbox({ podSandboxId: other.id });

  await expect(stop).rejects.toMatchObject({ kind: "timed-out" });
  await expect(stop).rejects.toThrow(/still runs 2 s after SIGKILL; process \d+ \(sh\) hangs in the kernel: .*fuse/);
  await volume.end();
  expect((await exited(client, containerId)).exitCode).toBe(137);
  await client.stopContainer({ containerId, timeout: 0n });
});
