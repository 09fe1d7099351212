import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ContainerState, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import { listProcesses } from "../../support/host-observe.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useMachineDaemon } from "./machine-daemon.ts";
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

const daemon = await useMachineDaemon(`options = { config_path = "/etc/machine.toml" }
allowed_annotations = ["io.katacontainers.*"]
`);

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

test("what a machine's containers use is what its shim tells: of them, and of the pod with the machine", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  let inside = 0n;
  await waitFor("its memory to stay as it is", async () => {
    const before = inside;
    const { stats } = await client.containerStats({ containerId });
    inside = stats?.memory?.rssBytes?.value ?? 0n;
    return inside > 0n && inside === before;
  });

  const { stats: ofPod } = await client.podSandboxStats({ podSandboxId: pod.id });
  const { podMetrics } = await client.listPodSandboxMetrics({});

  expect(ofPod?.linux?.memory?.rssBytes?.value).toBeGreaterThan(inside);
  expect(ofPod?.linux).toMatchObject({
    containers: [{ memory: { rssBytes: { value: inside } } }],
    process: { processCount: { value: 1n } },
  });
  const metrics = podMetrics.flatMap(({ containerMetrics }) => containerMetrics).flatMap((each) => each.metrics);
  expect(metrics).toContainEqual(
    expect.objectContaining({
      name: "container_memory_rss",
      value: expect.objectContaining({ value: inside }) as unknown,
    }),
  );
});

test("a machine is asked for with its pod's network, its name, its size, and the annotations that are allowed", async () => {
  const { crispd } = daemon();
  const memory = "io.katacontainers.config.hypervisor.default_memory";
  const pod = await runPod(daemon(), {
    annotations: { [memory]: "512", "example.com/other": "not for the runtime" },
    resources: { memoryLimitInBytes: 268_435_456n },
  });
  const bundle = path.join(crispd.state, "sandboxes", pod.id, pod.id);
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(path.join(bundle, name), "utf8"));

  expect(await read("asked.json")).toEqual({
    hostname: pod.config.hostname,
    netnsPath: path.join(crispd.state, "sandboxes", pod.id, "ns/net"),
    annotations: { [memory]: "512" },
    memory: "268435456",
  });
  expect(await read("config.json")).toMatchObject({
    hostname: pod.config.hostname,
    annotations: {
      [memory]: "512",
      "io.kubernetes.cri.container-type": "sandbox",
      "io.kubernetes.cri.sandbox-id": pod.id,
      "io.kubernetes.cri.sandbox-name": pod.config.metadata?.name,
      "io.kubernetes.cri.sandbox-cpu-shares": "0",
      "io.kubernetes.cri.sandbox-memory": "268435456",
    },
  });
});
