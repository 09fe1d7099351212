import { expect, test } from "vitest";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import type { PodEvent, WatchEventsOptions } from "./events/types.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

/** The next so many events. */
async function take(engine: NativeEngine, count: number, options?: WatchEventsOptions): Promise<readonly PodEvent[]> {
  const abort = new AbortController();
  const taken: PodEvent[] = [];
  for await (const event of engine.watchEvents(abort.signal, options)) {
    taken.push(event);
    if (taken.length === count) abort.abort();
  }
  return taken;
}

async function startPod(engine: NativeEngine): Promise<{ readonly pod: string; readonly container: string }> {
  const pod = await engine.runSandbox(sandboxConfig(), "");
  const container = await engine.createContainer(pod, containerConfig());
  await engine.startContainer(container);
  return { pod, container };
}

function toldOf(events: readonly PodEvent[]): readonly string[] {
  return events.map(({ type, containers }) => `${type} ${containers.map(({ state }) => state).join()}`.trim());
}

test("a container that died while the daemon was away is the first that a returning reader is told of", async () => {
  const node = new FakeNode();
  const before = await node.openEngine();
  const { container } = await startPod(before);
  await before.close();
  node.runtime.exit(container, 7);
  const engine = await node.openEngine();
  const [first] = await take(engine, 1);

  expect(first).toMatchObject({ id: container, type: "stopped", containers: [{ state: "exited", exitCode: 7 }] });
  await engine.close();
});

test("over restarts every event is told once, in order, each with the pod as it was then", async () => {
  const node = new FakeNode();
  const before = await node.openEngine();
  const { pod, container } = await startPod(before);
  await before.close();
  node.runtime.exit(container, 0);
  const engine = await node.openEngine();
  await take(engine, 1);
  await engine.removeContainer(container);
  await engine.stopSandbox(pod);
  await engine.removeSandbox(pod);
  await engine.close();
  const last = await node.openEngine();
  const all = await take(last, 8, { sinceNanos: 0n });

  expect(toldOf(all)).toEqual([
    "created",
    "started",
    "created created",
    "started running",
    "stopped exited",
    "deleted",
    "stopped",
    "deleted",
  ]);
  expect(all.map(({ sandbox }) => sandbox.isReady)).toEqual([true, true, true, true, true, true, false, false]);
  expect(new Set(all.map(({ sandbox }) => sandbox.config.metadata.name))).toEqual(new Set(["web"]));
  await last.close();
});

test("without a restart a stream begins with what happens next", async () => {
  const engine = await new FakeNode().openEngine();
  const { pod } = await startPod(engine);
  const taking = take(engine, 1);
  await engine.stopSandbox(pod);

  expect(await taking).toMatchObject([{ type: "stopped" }]);
  await engine.close();
});
