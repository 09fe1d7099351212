import { expect, test, vi } from "vitest";
import { Fault } from "#foundation";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, containerMount, imageSpec, linuxResources, sandboxConfig } from "./fixtures.ts";

const config = sandboxConfig();
const noChange = linuxResources();

async function runContainer(engine: NativeEngine, sandboxId: string): Promise<string> {
  const id = await engine.createContainer(sandboxId, containerConfig());
  await engine.startContainer(id);
  return id;
}

test("a pod goes from nothing to running and back to nothing", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const before = node.host.snapshot();

  const sandboxId = await engine.runSandbox(config, "");
  const id = await runContainer(engine, sandboxId);
  expect(engine.getSandbox(sandboxId)).toMatchObject({ isReady: true, ips: [expect.stringMatching(/^\d/)] });
  expect(engine.getContainer(id)).toMatchObject({ state: "running", exitCode: 0 });
  await engine.stopContainer(id, 1000);
  expect(engine.getContainer(id)).toMatchObject({ state: "exited", exitCode: 143 });
  await engine.stopSandbox(sandboxId);
  expect(engine.getSandbox(sandboxId)).toMatchObject({ isReady: false, ips: [] });
  await engine.removeSandbox(sandboxId);

  expect(engine.listSandboxes({})).toEqual([]);
  expect(engine.listContainers({})).toEqual([]);
  expect(node.records()).toEqual({ containers: [], sandboxes: [] });
  expect(withoutParents(node.host.snapshot())).toEqual(withoutParents(before));
});

test("runSandbox() twice at once makes one sandbox; afterwards it gives the same id", async () => {
  const engine = await new FakeNode().openEngine();

  const [first, second] = await Promise.all([engine.runSandbox(config, ""), engine.runSandbox(config, "")]);

  expect(second).toBe(first);
  expect(await engine.runSandbox(config, "")).toBe(first);
  expect(engine.listSandboxes({})).toHaveLength(1);
});

test("runSandbox() refuses the attempt of a sandbox that was stopped", async () => {
  const engine = await new FakeNode().openEngine();
  await engine.stopSandbox(await engine.runSandbox(config, ""));

  await expect(engine.runSandbox(config, "")).rejects.toMatchObject({ kind: "exists" });
});

test("runSandbox() refuses a handler that is not configured, and names those that are", async () => {
  const engine = await new FakeNode().openEngine();

  await expect(engine.runSandbox(config, "kata")).rejects.toThrow(
    "runtime handler kata: not configured; known are runc",
  );
});

test("createContainer() twice at once makes one container; afterwards it gives the same id", async () => {
  const engine = await new FakeNode().openEngine();
  const sandboxId = await engine.runSandbox(config, "");

  const both = [
    engine.createContainer(sandboxId, containerConfig()),
    engine.createContainer(sandboxId, containerConfig()),
  ];
  const [first, second] = await Promise.all(both);

  expect(second).toBe(first);
  expect(await engine.createContainer(sandboxId, containerConfig())).toBe(first);
});

test("createContainer() asks whether the pod's namespace may use the image as the user called it", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(config, "");
  const image = { ...containerConfig().image, userSpecifiedImage: "busybox:1.36" };

  await engine.createContainer(
    sandboxId,
    containerConfig({ image, mounts: [containerMount({ image: imageSpec("busybox") })] }),
  );

  const { namespace } = config.metadata;
  expect(node.uses).toEqual([
    { reference: "busybox:1.36", namespace },
    { reference: "busybox", namespace },
  ]);
});

test("createContainer() leaves nothing behind when the image may not be used", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(config, "");
  const before = node.host.snapshot();
  node.refusal = new Fault("denied", "SignatureValidationFailed: no");

  await expect(engine.createContainer(sandboxId, containerConfig())).rejects.toMatchObject({
    kind: "denied",
    message: expect.stringContaining("SignatureValidationFailed: no") as string,
  });

  expect(engine.listContainers({})).toEqual([]);
  expect(withoutParents(node.host.snapshot())).toEqual(withoutParents(before));
});

test("createContainer() needs a ready sandbox and an image that is here", async () => {
  const engine = await new FakeNode().openEngine();
  const sandboxId = await engine.runSandbox(config, "");
  const missing = { ...containerConfig().image, image: "nosuch" };

  await expect(engine.createContainer("nosuch", containerConfig())).rejects.toMatchObject({ kind: "not-found" });
  await expect(engine.createContainer(sandboxId, containerConfig({ image: missing }))).rejects.toThrow(
    "image nosuch: not on this node",
  );
  await engine.stopSandbox(sandboxId);
  await expect(engine.createContainer(sandboxId, containerConfig())).rejects.toMatchObject({ kind: "wrong-state" });
});

test("startContainer() that fails leaves the container ended with code 128, and its message", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.createContainer(await engine.runSandbox(config, ""), containerConfig());
  node.runtime.failNext("create", new Fault("not-found", "exec httpd: not found"));

  await expect(engine.startContainer(id)).rejects.toThrow("create process: exec httpd: not found");

  expect(engine.getContainer(id)).toMatchObject({ state: "exited", exitCode: 128, reason: "StartError" });
  expect(engine.getContainer(id).message).toContain("exec httpd: not found");
  expect(node.runtime.containers).toEqual([]);
});

test.each([
  [0, false, "Completed"],
  [3, false, "Error"],
  [137, true, "OOMKilled"],
])("a container that ends with %i (out of memory: %s) has reason %s", async (exitCode, wasOomKilled, reason) => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await runContainer(engine, await engine.runSandbox(config, ""));

  node.runtime.exit(id, exitCode, { wasOomKilled });

  await expect.poll(() => engine.getContainer(id)).toMatchObject({ state: "exited", exitCode, reason });
});

test("a container whose monitor died counts as killed", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await runContainer(engine, await engine.runSandbox(config, ""));

  node.runtime.loseMonitor(id);

  await expect.poll(() => engine.getContainer(id)).toMatchObject({ exitCode: 137, reason: "MonitorLost" });
});

test("stopContainer(): a later call with less grace wins", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const stubborn = containerConfig({ stopSignal: "SIGUSR1" });
  const id = await engine.createContainer(await engine.runSandbox(config, ""), stubborn);
  await engine.startContainer(id);

  const patient = engine.stopContainer(id, 1_000_000);
  await engine.stopContainer(id, 0);
  await patient;

  expect(engine.getContainer(id)).toMatchObject({ state: "exited", exitCode: 137 });
});

test("updateContainerResources() changes a running container, and what it leaves out stays", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await runContainer(engine, await engine.runSandbox(config, ""));

  await engine.updateContainerResources(id, { ...noChange, memoryLimitBytes: 1000, cpuShares: 20 });
  await engine.updateContainerResources(id, { ...noChange, cpusetCpus: "0", oomScoreAdj: 7 });

  const cpu = { shares: 20, cpus: "0" };
  expect(node.runtime.container(id).updates.at(-1)).toMatchObject({
    resources: { cpu, memory: { limit: 1000 } },
    oomScoreAdj: 7,
  });
  expect(engine.getContainer(id).config.resources).toMatchObject({
    memoryLimitBytes: 1000,
    cpuShares: 20,
    cpusetCpus: "0",
  });
});

test("updateContainerResources() refuses a limit below use, and keeps the old one", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await runContainer(engine, await engine.runSandbox(config, ""));
  node.host.cgroups.useMemory(node.runtime.container(id).handle.cgroupPath, 2000n);

  await expect(engine.updateContainerResources(id, { ...noChange, memoryLimitBytes: 1000 })).rejects.toThrow(
    "linux.memory_limit_in_bytes: 1000 is below the 2000 bytes",
  );

  expect(node.runtime.container(id).updates).toEqual([]);
  expect(engine.getContainer(id).config.resources).toBeUndefined();
});

test("updateContainerResources() is kept for the start of a created container, and refused by an ended one", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.createContainer(await engine.runSandbox(config, ""), containerConfig());

  await engine.updateContainerResources(id, { ...noChange, cpuShares: 30 });
  await engine.startContainer(id);
  expect(node.runtime.container(id).request.spec.linux.resources).toMatchObject({ cpu: { shares: 30 } });

  await engine.stopContainer(id, 0);
  await expect(engine.updateContainerResources(id, noChange)).rejects.toMatchObject({ kind: "wrong-state" });
});

test("updateSandboxResources() is noted while the sandbox is ready, and refused afterwards", async () => {
  const engine = await new FakeNode().openEngine();
  const id = await engine.runSandbox(config, "");

  await engine.updateSandboxResources(id, { overhead: undefined, resources: { ...noChange, cpuShares: 30 } });
  expect(engine.getSandbox(id).config).toMatchObject({ overhead: undefined, resources: { cpuShares: 30 } });

  await engine.stopSandbox(id);
  await expect(engine.updateSandboxResources(id, { overhead: undefined, resources: noChange })).rejects.toMatchObject({
    kind: "wrong-state",
  });
});

test("logStates() tells of the logs of containers that run, and of no others", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(config, "");
  const running = await runContainer(engine, sandboxId);
  const other = containerConfig({ metadata: { name: "other", attempt: 0 } });
  const created = await engine.createContainer(sandboxId, other);
  for (const id of [running, created]) node.runtime.logStates.set(id, { flow: "held", lostBytes: 1 });

  expect(await engine.logStates()).toEqual(new Map([[running, { flow: "held", lostBytes: 1 }]]));
  await engine.stopContainer(running, 0);
  expect(await engine.logStates()).toEqual(new Map());
});

test("listProcesses() tells of a container that runs, in the order of their numbers", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await runContainer(engine, await engine.runSandbox(config, ""));
  const { signal } = new AbortController();
  const { pid } = node.runtime.container(id).handle.init;
  const first = await engine.listProcesses(id, { signal });
  node.runtime.listProcesses = async () => [{ pid: 7 }, { pid: 10, name: "b" }, { pid: 9, name: "a" }];

  const told = await engine.listProcesses(id.slice(0, 12), { signal });
  await engine.stopContainer(id, 0);

  expect(first).toEqual([expect.objectContaining({ pid })]);
  expect(told.map(({ pid }) => pid)).toEqual([7, 9, 10]);
  await expect(engine.listProcesses(id, { signal })).rejects.toMatchObject({ kind: "wrong-state" });
});

test("acts on what does not exist succeed where CRI wants them to", async () => {
  const engine = await new FakeNode().openEngine();

  await engine.stopContainer("nosuch", 0);
  await engine.removeContainer("nosuch");
  await engine.stopSandbox("nosuch");
  await engine.removeSandbox("nosuch");

  expect(() => engine.getContainer("nosuch")).toThrow("container nosuch: no such container");
});

test("a prefix names an object as long as it is the only one", async () => {
  const engine = await new FakeNode().openEngine();
  const id = await engine.runSandbox(config, "");
  const other = { ...config, metadata: { ...config.metadata, uid: "uid-2" } };
  await engine.runSandbox(other, "");

  expect(engine.getSandbox(id.slice(0, 30)).id).toBe(id);
  expect(() => engine.getSandbox("")).toThrow("no such sandbox");
});

test("stopSandbox() keeps the namespace while its network cannot be detached, and ends the job when called again", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.runSandbox(config, "");
  node.network.failNext("detach", new Fault("broken", "plugin bridge: DEL failed"));

  await expect(engine.stopSandbox(id)).rejects.toThrow("detach network: plugin bridge: DEL failed");
  const { isReady, details } = engine.getSandbox(id);
  expect(isReady).toBe(false);
  expect(details["problem"]).toContain("DEL failed");
  expect(node.host.snapshot().mounts.join()).toContain(`/sandboxes/${id}/ns/net`);

  await engine.stopSandbox(id);
  expect(node.host.snapshot().mounts).toEqual([]);
});

test("a new engine finds what an old one left: running containers, their ends, and half-made sandboxes", async () => {
  const node = new FakeNode();
  const old = await node.openEngine();
  const sandboxId = await old.runSandbox(config, "");
  const id = await runContainer(old, sandboxId);
  await old.close();

  const engine = await node.openEngine();
  expect(engine.getContainer(id).state).toBe("running");
  node.runtime.exit(id, 7);

  await expect.poll(() => engine.getContainer(id)).toMatchObject({ state: "exited", exitCode: 7 });
  expect(engine.getSandbox(sandboxId).isReady).toBe(true);
});

/** Directories that pods were in may stay. */
function withoutParents({ files, ...rest }: ReturnType<FakeNode["host"]["snapshot"]>) {
  return { ...rest, files: files.filter((path) => /[0-9a-f]{64}/.test(path)) };
}

test("a sandbox whose network cannot be taken down is stopped later, without another call", async () => {
  vi.useFakeTimers();
  try {
    const node = new FakeNode();
    const engine = await node.openEngine();
    const id = await engine.runSandbox(config, "");
    for (const attempt of [1, 2]) node.network.failNext("detach", new Fault("broken", `plugin failed ${attempt}`));

    await expect(engine.stopSandbox(id)).rejects.toThrow("plugin failed 1");
    expect(engine.getSandbox(id)).toMatchObject({ isReady: false, details: { phase: "stopping" } });
    await vi.advanceTimersByTimeAsync(10_000);

    expect(engine.getSandbox(id).details).toMatchObject({ phase: "stopped" });
    expect(node.network.calls.filter((call) => call.startsWith("detach"))).toHaveLength(3);
    await engine.close();
  } finally {
    vi.useRealTimers();
  }
});
