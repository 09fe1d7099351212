import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFirstPod } from "../../support/first-pod.ts";
import { listProcesses } from "../../support/host-observe.ts";
import { bundleMachineShim, installMachineShim } from "../../support/machine-shim.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, idle, runPod, startShell, waitUntilIdle } from "./pod-acts.ts";

const programs = await mkdtemp(path.join(tmpdir(), "crisp-processes-"));
afterAll(() => rm(programs, { recursive: true }));
const machineShim = await installMachineShim(await bundleMachineShim(), programs);

const daemon = useDaemon({
  config: `default_runtime = "runc"

[runtimes.runc]
type = "oci"
path = "runc"

[runtimes.shim]
type = "shim"
path = "containerd-shim-runc-v2"
options = { binary_name = "runc" }

[runtimes.machine]
type = "shim"
path = "${machineShim}"
sandboxer = "shim"
`,
});

beforeAll(async () => {
  const { workspace, client, busybox } = daemon();
  for (const handler of ["shim", "machine"]) await runFirstPod(workspace, client, busybox.reference, handler);
});

interface Info {
  readonly pid?: number;
  readonly processes?: readonly { readonly pid: number; readonly name?: string }[];
  readonly processesProblem?: string;
}

async function infoOf(containerId: string): Promise<Info> {
  const { info } = await daemon().client.containerStatus({ containerId, verbose: true });
  return JSON.parse(info["info"] ?? "") as Info;
}

async function startIdle(handler: string): Promise<string> {
  const pod = await runPod(daemon(), {}, handler);
  const containerId = await startShell(daemon(), pod, idle);
  await waitUntilIdle(pod);
  return containerId;
}

test.each(["runc", "shim"])(
  "who asks for all of a container's status is told its processes, by %s",
  async (handler) => {
    const containerId = await startIdle(handler);

    await expect.poll(async () => (await infoOf(containerId)).processes).toHaveLength(2);
    const { pid, processes = [] } = await infoOf(containerId);

    expect(new Set(processes.map(({ name }) => name))).toEqual(new Set(["sh", "sleep"]));
    expect(processes).toContainEqual({ pid, name: "sh" });
  },
);

test("those of a machine have its own numbers, and no names that they do not have", async () => {
  const containerId = await startIdle("machine");

  const { pid, processes, processesProblem } = await infoOf(containerId);

  expect([processes, processesProblem]).toEqual([[{ pid: expect.any(Number) as unknown }], undefined]);
  expect(processes?.[0]?.pid).not.toBe(pid);
});

test("a shim that does not answer keeps nobody from the rest, and is said to be silent", async () => {
  const containerId = await startIdle("machine");
  const all = await listProcesses(daemon().workspace);
  const shims = all.filter(({ command }) => command.includes("machine-shim")).map(({ pid }) => pid);
  for (const pid of shims) process.kill(pid, "SIGSTOP");

  const info = await infoOf(containerId).finally(() => {
    for (const pid of shims) process.kill(pid, "SIGCONT");
  });

  expect(shims).toHaveLength(1);
  expect(info).toMatchObject({
    pid: expect.any(Number) as unknown,
    processesProblem: expect.stringContaining("2000 ms") as unknown,
  });
});

test("nobody is told of processes that did not ask, or of a container that has ended", async () => {
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "true");
  await exited(daemon().client, containerId);

  const { info } = await daemon().client.containerStatus({ containerId });

  expect(info).toEqual({});
  expect(Object.keys(await infoOf(containerId))).not.toEqual(
    expect.arrayContaining([expect.stringContaining("processes")]),
  );
});
