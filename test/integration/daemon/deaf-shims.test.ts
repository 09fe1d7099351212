import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { listProcesses } from "../../support/host-observe.ts";
import { bundleMachineShim, installMachineShim } from "../../support/machine-shim.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, idle, reconfigure, runPod, sandboxStatus, startShell, type TestPod } from "./pod-acts.ts";

const directory = await mkdtemp(path.join(tmpdir(), "crisp-deaf-"));
const machine = await installMachineShim(await bundleMachineShim(), directory);
afterAll(() => rm(directory, { recursive: true }));

function toml(timeout: string): string {
  return `default_runtime = "shim"

[runtimes.shim]
type = "shim"
path = "containerd-shim-runc-v2"
${timeout}

[runtimes.machine]
type = "shim"
path = "${machine}"
sandboxer = "shim"
${timeout}
`;
}

const patient = toml("");
const impatient = toml("call_timeout_seconds = 3");

const daemon = useDaemon({ config: patient });

// The first pod of a handler makes its directories.
beforeAll(async () => {
  const { client } = daemon();
  const { id } = await runPod(daemon(), {}, "machine");
  await client.stopPodSandbox({ podSandboxId: id });
  await client.removePodSandbox({ podSandboxId: id });
});

async function shims(): Promise<readonly number[]> {
  const processes = await listProcesses(daemon().workspace);
  const names = ["containerd-shim-runc-v2 -namespace", "machine-shim.cjs"];
  return processes.filter(({ command }) => names.some((name) => command.includes(name))).map(({ pid }) => pid);
}

/** A pod whose shim stands still. */
async function deafPod(handler: string): Promise<{ readonly pod: TestPod; readonly containerId: string }> {
  const pod = await runPod(daemon(), {}, handler);
  const containerId = await startShell(daemon(), pod, idle);
  for (const pid of await shims()) process.kill(pid, "SIGSTOP");
  return { pod, containerId };
}

test("a pod whose shim does not answer any more can be stopped and removed", async () => {
  const { client } = daemon();
  const { pod, containerId } = await deafPod("shim");
  // For pods that are there too.
  await reconfigure(daemon(), impatient);

  await client.stopPodSandbox({ podSandboxId: pod.id });

  expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 255, reason: "ShimLost" });
  expect(await shims()).toEqual([]);
  await client.removePodSandbox({ podSandboxId: pod.id });
  await reconfigure(daemon(), patient);
});

test("a crispd that starts meanwhile serves its other pods, and stops that one", async () => {
  const { client, crispd } = daemon();
  const { pod } = await deafPod("machine");
  await crispd.kill();
  await crispd.start();
  const other = await runPod(daemon(), { metadata: { name: "other", namespace: "default", uid: "other" } });
  await startShell(daemon(), other, idle);
  await reconfigure(daemon(), impatient);

  await client.stopPodSandbox({ podSandboxId: pod.id });

  await waitFor("the deaf shim to be gone", async () => (await shims()).length === 1);
  expect((await sandboxStatus(client, other.id)).state).toBe(PodSandboxState.SANDBOX_READY);
  await reconfigure(daemon(), patient);
});
