import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { listProcesses } from "../../support/host-observe.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { ailments } from "./doctor-acts.ts";
import {
  containerStatus,
  execSync,
  exited,
  idle,
  readLog,
  runPod,
  sandboxStatus,
  startShell,
  waitUntilIdle,
} from "./pod-acts.ts";

const daemon = useDaemon({
  config: `default_runtime = "shim"

[runtimes.shim]
type = "shim"
path = "containerd-shim-runc-v2"
options = { binary_name = "runc" }
`,
});

/** The shims of this daemon, by what they were started with. */
async function shims(): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const processes = await listProcesses(daemon().workspace);
  return processes.filter(({ command }) => command.startsWith("/usr/bin/containerd-shim-runc-v2"));
}

test("the handler is listed, and its program told", async () => {
  const { runtimeHandlers, info } = await daemon().client.status({ verbose: true });

  expect(runtimeHandlers.map(({ name }) => name)).toEqual(expect.arrayContaining(["", "shim"]));
  expect(JSON.stringify(info)).toContain("containerd-shim-runc-v2");
});

test("the containers of a pod run with one shim, and so does what stands for the pod", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const [one, two] = [
    await startShell(daemon(), pod, `echo one; ${idle}`, { metadata: { name: "one" } }),
    await startShell(daemon(), pod, "echo two; exit 3", { metadata: { name: "two" } }),
  ];

  await exited(client, two);
  const { stdout } = await execSync(client, one, ["cat", "/etc/hostname"]);

  expect(await shims()).toHaveLength(1);
  expect(await containerStatus(client, two)).toMatchObject({ exitCode: 3, reason: "Error" });
  expect(stdout.trim()).not.toBe("");
  await client.stopPodSandbox({ podSandboxId: pod.id });
  await client.removePodSandbox({ podSandboxId: pod.id });
  expect(await shims()).toEqual([]);
  expect(await readdir(path.join(crispd.state, "sandboxes"))).toEqual([]);
});

test("kill -9 of crispd leaves a pod running, and its log goes on; a restart finds it as it was", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, `yes line | head -n 30000; ${idle}`);
  const ends = await startShell(daemon(), pod, "sleep 1; echo bye; exit 7", { metadata: { name: "ends" } });
  const before = await containerStatus(client, containerId);

  await crispd.kill();
  await waitFor("the log to be written by somebody else", async () => (await readLog(pod, "ends/0.log")).length > 0);
  await crispd.start();

  expect(await containerStatus(client, containerId)).toEqual(before);
  expect((await sandboxStatus(client, pod.id)).state).toBe(PodSandboxState.SANDBOX_READY);
  await exited(client, ends);
  expect(await containerStatus(client, ends)).toMatchObject({ exitCode: 7 });
  await waitUntilIdle(pod);
  expect((await execSync(client, containerId, ["echo", "still"])).stdout).toBe("still\n");
});

test("a shim that is killed takes its pod with it: the containers are told as ended, and nothing runs on", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);
  const [shim] = await shims();

  process.kill(shim?.pid ?? 0, "SIGKILL");

  await exited(client, containerId);
  expect(await containerStatus(client, containerId)).toMatchObject({
    state: ContainerState.CONTAINER_EXITED,
    exitCode: 255,
    reason: "ShimLost",
    message: expect.stringContaining("the shim ended") as unknown,
  });
  await waitFor("the pod to be stopped", async () => {
    return (await sandboxStatus(client, pod.id)).state === PodSandboxState.SANDBOX_NOTREADY;
  });
});

test("the doctor finds nothing wrong with the pod of a shim, nor with one that has ended", async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  await exited(client, await startShell(daemon(), pod, "exit 3", { metadata: { name: "ended" } }));

  expect(await ailments(crispd)).toEqual([]);
  await client.stopPodSandbox({ podSandboxId: pod.id });
  expect(await ailments(crispd)).toEqual([]);
});
