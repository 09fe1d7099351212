import { expect, test } from "vitest";
import { FakeRuntime } from "#runtime";
import { FakeNode, handlersOf } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

const other = { name: "web-2", namespace: "default", uid: "uid-2", attempt: 0 };

test("a pod stays with the handler that it was made with, and new ones get what the name means by then", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const old = await engine.runSandbox(sandboxConfig(), "");
  const replacing = new FakeRuntime({ handler: "runc" });
  const set = handlersOf(replacing, "runc@2");

  await engine.useHandlers({ ...set, retired: handlersOf(node.runtime).offered });
  const young = await engine.runSandbox(sandboxConfig({ metadata: other }), "");
  const [inOld, inYoung] = [
    await engine.createContainer(old, containerConfig()),
    await engine.createContainer(young, containerConfig()),
  ];
  await Promise.all([engine.startContainer(inOld), engine.startContainer(inYoung)]);

  expect(node.runtime.container(inOld).state).toBe("running");
  expect(replacing.container(inYoung).state).toBe("running");
  expect(engine.definitionsInUse()).toEqual(new Set(["runc", "runc@2"]));
  expect(engine.health().runtimes).toMatchObject([
    { handler: "runc", isDefault: true, isRetired: false, pods: 1 },
    { handler: "runc", isDefault: false, isRetired: true, pods: 1 },
  ]);
  await engine.removeSandbox(old);
  expect(engine.definitionsInUse()).toEqual(new Set(["runc@2"]));
});

test("a handler whose program hangs does not keep pods from being told of, and is told as not probed", async () => {
  class HangingRuntime extends FakeRuntime {
    override probe(): Promise<never> {
      return new Promise(() => undefined);
    }
  }
  const engine = await new FakeNode({ runtime: new HangingRuntime({ handler: "runc" }) }).openEngine();

  expect(engine.health().runtime).toMatchObject({ isMet: false, reason: "NotProbed" });
  expect(engine.listSandboxes({})).toEqual([]);
});

test("a handler that is gone takes no new pods, and the refusal names those that do", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();

  await engine.useHandlers({
    ...handlersOf(new FakeRuntime({ handler: "crun" })),
    retired: handlersOf(node.runtime).offered,
  });

  await expect(engine.runSandbox(sandboxConfig(), "runc")).rejects.toThrow(
    "runtime handler runc: not configured; known are crun",
  );
  expect(engine.health().handlers.map(({ name }) => name)).toEqual(["", "crun"]);
});
