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

test("a port of the node belongs to one pod, through a restart, until that pod's network has been given back", async () => {
  const node = new FakeNode();
  const portMappings = [{ protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" }] as const;
  const other = sandboxConfig({ metadata: { name: "b", namespace: "default", uid: "b", attempt: 0 }, portMappings });
  const before = await node.openEngine();
  const owner = await before.runSandbox(sandboxConfig({ portMappings }), "");
  await before.close();
  const engine = await node.openEngine();

  await expect(engine.runSandbox(other, "")).rejects.toMatchObject({ kind: "busy" });
  expect(engine.listSandboxes({}).map(({ id }) => id)).toEqual([owner]);
  await engine.stopSandbox(owner);
  await expect(engine.runSandbox(other, "")).resolves.toBeDefined();
  await engine.close();
});

test("of two pods that want the same port at once, one runs", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const outcomes = await Promise.allSettled(
    ["a", "b"].map((name) => {
      const metadata = { name, namespace: "default", uid: name, attempt: 0 };
      const portMappings = [{ protocol: "udp", containerPort: 53, hostPort: 53, hostIp: "::" }] as const;
      return engine.runSandbox(sandboxConfig({ metadata, portMappings }), "");
    }),
  );
  await engine.close();

  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});
