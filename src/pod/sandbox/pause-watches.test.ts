import { expect, test } from "vitest";
import { FakeRuntime } from "#runtime";
import { FakeNode } from "../engine-fixture.ts";
import { containerConfig, sandboxConfig } from "../fixtures.ts";

function sharingPids() {
  const { security } = sandboxConfig();
  return sandboxConfig({ security: { ...security, namespaces: { ...security.namespaces, pid: "pod" } } });
}

test("a sandbox whose pause process ends by itself is stopped, with its containers", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.runSandbox(sharingPids(), "");
  const container = await engine.createContainer(id, containerConfig());
  await engine.startContainer(container);

  node.runtime.exit(id, 137);

  await expect.poll(() => engine.getSandbox(id).isReady).toBe(false);
  expect(engine.getContainer(container).state).toBe("exited");
});

test("closing the engine stops no sandbox", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.runSandbox(sharingPids(), "");

  await engine.close();

  expect(node.runtime.container(id).state).toBe("running");
});

test("a runtime that wants it has a container for each sandbox, and is told what each container is", async () => {
  const runtime = new FakeRuntime({ handler: "runc", sandboxKind: "container" });
  const node = new FakeNode({ runtime });
  const engine = await node.openEngine();
  const id = await engine.runSandbox(sandboxConfig(), "");
  const container = await engine.createContainer(id, containerConfig());
  await engine.startContainer(container);

  expect(runtime.container(id).request.pod).toMatchObject({ sandboxId: id, role: "sandbox" });
  expect(runtime.container(container).request.pod).toMatchObject({
    sandboxId: id,
    role: "container",
    sandboxBundle: runtime.container(id).request.bundleDirectory,
  });
});
