import { expect, test } from "vitest";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import { listProcesses } from "../../support/host-observe.ts";
import { needing } from "../../support/needing.ts";
import { containerConfig } from "../../support/pod-config.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, exited, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

test.each([
  { script: "exit 0", exitCode: 0, reason: "Completed" },
  { script: "exit 3", exitCode: 3, reason: "Error" },
  { script: "exit 255", exitCode: 255, reason: "Error" },
])("a container that runs '$script' exits with $exitCode and reason $reason", async ({ script, exitCode, reason }) => {
  const pod = await runPod(daemon());

  const containerId = await startShell(daemon(), pod, script);

  const status = await exited(daemon().client, containerId);
  expect(status).toMatchObject({ exitCode, reason });
  expect(status.finishedAt).toBeGreaterThanOrEqual(status.startedAt);
});

test(
  "a container that is killed from outside exits with 128 and the signal's number",
  needing("show its processes to the node"),
  async () => {
    const pod = await runPod(daemon());
    const containerId = await startShell(daemon(), pod, "exec sleep 13579");

    const { pid } = await waitFor("the container's process", async () => {
      const all = await listProcesses(daemon().workspace);
      return all.find(({ command }) => command === "sleep 13579");
    });
    process.kill(pid, "SIGKILL");

    expect(await exited(daemon().client, containerId)).toMatchObject({ exitCode: 137, reason: "Error" });
  },
);

test("a container that takes more memory than it may is OOMKilled", async () => {
  const pod = await runPod(daemon());

  const containerId = await startShell(daemon(), pod, "dd if=/dev/zero of=/dev/null bs=256M", {
    resources: { memoryLimitInBytes: 16n * 1024n * 1024n },
  });

  expect(await exited(daemon().client, containerId)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
});

test("a container whose only process takes more memory than it may is OOMKilled", async () => {
  const pod = await runPod(daemon());

  const containerId = await startShell(daemon(), pod, "exec dd if=/dev/zero of=/dev/null bs=256M", {
    resources: { memoryLimitInBytes: 16n * 1024n * 1024n },
  });

  expect(await exited(daemon().client, containerId)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
});

test("a command that does not exist fails StartContainer, and leaves the container exited with StartError", async () => {
  const { client, busybox } = daemon();
  const pod = await runPod(daemon());
  const config = containerConfig("main", busybox.reference, ["/no/such/command"]);
  const { containerId } = await client.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config });

  await expect(client.startContainer({ containerId })).rejects.toThrow(/\/no\/such\/command/);

  const status = await containerStatus(client, containerId);
  expect(status).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 128, reason: "StartError" });
  expect(status.message).toContain("/no/such/command");
  expect(status.startedAt).not.toBe(0n);
  expect(status.finishedAt).not.toBe(0n);
});
