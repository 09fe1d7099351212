import { expect, test, vi } from "vitest";
import { newSandboxId, type SandboxId } from "#foundation";
import { FakeNode } from "./engine-fixture.ts";
import { sandboxConfig } from "./fixtures.ts";

function strayTarget(sandboxId: SandboxId) {
  return {
    sandboxId,
    netnsPath: "/run/netns/gone",
    podName: "gone",
    podNamespace: "default",
    podUid: "gone",
    portMappings: [],
    dns: undefined,
    annotations: {},
    cgroupPath: "/crisp",
  };
}

test("at its start the engine detaches what no record tells of, and nothing else", async () => {
  const node = new FakeNode();
  const before = await node.openEngine();
  const pod = await before.runSandbox(sandboxConfig(), "");
  await before.close();
  const stray = newSandboxId();
  await node.network.attach(strayTarget(stray));
  const engine = await node.openEngine();
  await engine.close();

  expect((await node.network.attachments()).map(({ sandboxId }) => sandboxId)).toEqual([pod]);
  expect(node.network.calls).toContain(`detach ${stray}`);
  expect(node.network.calls).not.toContain("collect-garbage");
});

test("plugins are asked to collect only where the networks are nobody else's", async () => {
  const node = new FakeNode();
  node.ownsNetworks = true;
  const engine = await node.openEngine();
  const pod = await engine.runSandbox(sandboxConfig(), "");
  await engine.close();
  const again = await node.openEngine();
  await again.close();

  expect(node.network.calls).toContain("collect-garbage");
  expect((await node.network.attachments()).map(({ sandboxId }) => sandboxId)).toEqual([pod]);
});

test("each hour the engine detaches again what no record tells of", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const node = new FakeNode();
  const engine = await node.openEngine();
  const stray = newSandboxId();
  await node.network.attach(strayTarget(stray));

  await vi.advanceTimersByTimeAsync(3_600_000);
  vi.useRealTimers();
  await engine.close();

  expect(await node.network.attachments()).toEqual([]);
  expect(node.network.calls).toContain(`detach ${stray}`);
});
