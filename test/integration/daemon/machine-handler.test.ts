import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { listProcesses } from "../../support/host-observe.ts";
import { bundleMachineShim, installMachineShim } from "../../support/machine-shim.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, execSync, exited, idle, readLog, runPod, sandboxStatus, startShell } from "./pod-acts.ts";

const directory = await mkdtemp(path.join(tmpdir(), "crisp-machines-"));
const program = await installMachineShim(await bundleMachineShim(), directory);
afterAll(() => rm(directory, { recursive: true }));

const daemon = useDaemon({
  config: `default_runtime = "machine"

[runtimes.machine]
type = "shim"
path = "${program}"
sandboxer = "shim"
options = { config_path = "/etc/machine.toml" }
`,
});

/** The shims of this daemon. */
async function shims(): Promise<readonly number[]> {
  const processes = await listProcesses(daemon().workspace);
  return processes.filter(({ command }) => command.includes("machine-shim")).map(({ pid }) => pid);
}

test("a runtime's author needs nothing but a shim: pods, containers, logs, commands and their ends", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, `echo started; ${idle}`);
  const ends = await startShell(daemon(), pod, "echo bye; exit 3", { metadata: { name: "ends" } });

  const { stdout, exitCode } = await execSync(client, containerId, ["sh", "-c", "echo inside; exit 4"]);
  await exited(client, ends);

  expect([stdout, exitCode]).toEqual(["inside\n", 4]);
  expect(await containerStatus(client, ends)).toMatchObject({ exitCode: 3, reason: "Error" });
  expect((await readLog(pod, "ends/0.log")).map(({ text }) => text)).toEqual(["bye"]);
  expect(await shims()).toHaveLength(1);
  await client.stopPodSandbox({ podSandboxId: pod.id });
  await client.removePodSandbox({ podSandboxId: pod.id });
  expect(await shims()).toEqual([]);
});

test("its pods outlive crispd, and one whose shim dies is told as ended", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);

  await crispd.kill();
  await crispd.start();
  const { state } = await containerStatus(client, containerId);
  for (const pid of await shims()) process.kill(pid, "SIGKILL");

  expect(state).toBe(ContainerState.CONTAINER_RUNNING);
  await exited(client, containerId);
  expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 255, reason: "ShimLost" });
  await waitFor("the pod to be stopped", async () => {
    return (await sandboxStatus(client, pod.id)).state === PodSandboxState.SANDBOX_NOTREADY;
  });
});
