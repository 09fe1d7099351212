import { expect, test } from "vitest";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

async function runAttempts(node: FakeNode, engine: NativeEngine, count: number): Promise<void> {
  const pod = await engine.runSandbox(sandboxConfig(), "");
  for (let attempt = 0; attempt < count; attempt += 1) {
    const config = containerConfig();
    const metadata = { ...config.metadata, attempt };
    const id = await engine.createContainer(pod, { ...config, metadata });
    await engine.startContainer(id);
    node.runtime.exit(id, 1);
    await engine.stopContainer(id, 0);
  }
}

function attemptsOf(engine: NativeEngine): readonly number[] {
  return engine.listContainers({}).map(({ config }) => config.metadata.attempt);
}

test("ended attempts beyond the limit are removed whole, and those kubelet looks at stay", async () => {
  const node = new FakeNode();
  const before = await node.openEngine();
  await runAttempts(node, before, 4);
  await before.close();
  node.retention = { maxEndedPerContainer: 2, minEndedAgeMs: 0 };
  const engine = await node.openEngine();
  await engine.close();

  expect(attemptsOf(engine)).toEqual([2, 3]);
});

test("without a limit every ended attempt stays until it is removed", async () => {
  const node = new FakeNode();
  const before = await node.openEngine();
  await runAttempts(node, before, 4);
  await before.close();
  const engine = await node.openEngine();
  await engine.close();

  expect(attemptsOf(engine)).toEqual([0, 1, 2, 3]);
});
