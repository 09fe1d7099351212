import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { FakeRuntime } from "#runtime";
import type { Engine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

const silent = new Fault("timed-out", "the runtime does not answer");

async function runContainer(engine: Engine): Promise<{ readonly sandboxId: string; readonly id: string }> {
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const id = await engine.createContainer(sandboxId, containerConfig());
  await engine.startContainer(id);
  return { sandboxId, id };
}

/** A node whose pods have something of their own that runs. */
function podsThatRun(runtime = new FakeRuntime({ handler: "runc", sandboxKind: "container" })): FakeNode {
  return new FakeNode({ runtime });
}

test("stopContainer() sends a signal again that could not be sent before", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const { id } = await runContainer(engine);
  node.runtime.failNext("kill", silent);

  await expect(engine.stopContainer(id, 0)).rejects.toThrow(silent.message);
  await engine.stopContainer(id, 0);

  expect(engine.getContainer(id)).toMatchObject({ state: "exited", exitCode: 137 });
});

test("stopContainer() asks again where the stop signal could not be sent, and has grace again", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const { id } = await runContainer(engine);
  node.runtime.failNext("kill", silent);

  await expect(engine.stopContainer(id, 1_000_000)).rejects.toThrow(silent.message);
  await engine.stopContainer(id, 1_000_000);

  expect(engine.getContainer(id)).toMatchObject({ state: "exited", exitCode: 143 });
});

test("stopSandbox() of containers that cannot be killed ends what the pod stands on, and them with it", async () => {
  const node = podsThatRun();
  const engine = await node.openEngine();
  const { sandboxId, id } = await runContainer(engine);
  node.runtime.failNext("kill", silent);
  node.runtime.calls.length = 0;

  await engine.stopSandbox(sandboxId);

  const kill = `kill ${id} 9`;
  const calls = node.runtime.calls.filter((call) => [kill, `delete ${sandboxId}`].includes(call));
  expect(calls).toEqual([kill, `delete ${sandboxId}`, kill]);
  expect(engine.getSandbox(sandboxId).details).toMatchObject({ phase: "stopped" });
});

test("stopSandbox() tells why containers cannot be killed, where the pod has nothing of its own", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const { sandboxId } = await runContainer(engine);
  node.runtime.failNext("kill", silent);

  await expect(engine.stopSandbox(sandboxId)).rejects.toThrow(silent.message);
  await engine.stopSandbox(sandboxId);
  expect(engine.getSandbox(sandboxId).details).toMatchObject({ phase: "stopped" });
});

test("stopSandbox() removes what the pod stands on though its end is not told", async () => {
  const runtime = new FakeRuntime({ handler: "runc", sandboxKind: "container" });
  runtime.killAll = () => Promise.resolve();
  const node = podsThatRun(runtime);
  node.killTimeoutMs = 50;
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");

  await engine.stopSandbox(sandboxId);

  expect(node.runtime.containers).toEqual([]);
  expect(engine.getSandbox(sandboxId).details).toMatchObject({ phase: "stopped" });
});
