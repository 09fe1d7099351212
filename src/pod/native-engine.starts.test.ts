import { expect, test } from "vitest";
import { Fault } from "#foundation";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

interface Made {
  readonly node: FakeNode;
  readonly engine: NativeEngine;
  readonly id: string;
  /** Starts that the runtime did. */
  readonly starts: () => number;
}

async function createdContainer(): Promise<Made> {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.createContainer(await engine.runSandbox(sandboxConfig(), ""), containerConfig());
  return { node, engine, id, starts: () => node.runtime.calls.filter((call) => call === `start ${id}`).length };
}

/** Starts it for a caller who gives up before the answer. */
async function startUnheard({ engine, id }: Made): Promise<void> {
  const caller = new AbortController();
  const started = engine.startContainer(id, { signal: caller.signal });
  caller.abort();
  await started.catch(() => undefined);
}

test("startContainer() many times at once starts the container once, and all are told that it runs", async () => {
  const { engine, id, starts } = await createdContainer();

  await Promise.all(Array.from({ length: 50 }, () => engine.startContainer(id)));

  expect(engine.getContainer(id).state).toBe("running");
  expect(starts()).toBe(1);
});

test("startContainer() many times at once tells all of them of the one failure", async () => {
  const { node, engine, id } = await createdContainer();
  node.runtime.failNext("create", new Fault("not-found", "exec httpd: not found"));

  const answers = await Promise.allSettled(Array.from({ length: 5 }, () => engine.startContainer(id)));

  expect(new Set(answers.map((answer) => (answer.status === "rejected" ? String(answer.reason) : "started")))).toEqual(
    new Set([expect.stringContaining("create process: exec httpd: not found")]),
  );
});

test("startContainer() of a container that runs succeeds, also in another daemon", async () => {
  const { node, engine, id, starts } = await createdContainer();
  await engine.startContainer(id);
  await engine.startContainer(id);
  await engine.close();

  await (await node.openEngine()).startContainer(id);

  expect(starts()).toBe(1);
});

test("startContainer() of a container that has ended is refused with how it ended", async () => {
  const { node, engine, id } = await createdContainer();
  await engine.startContainer(id);
  node.runtime.exit(id, 3);
  await expect.poll(() => engine.getContainer(id).state).toBe("exited");

  await expect(engine.startContainer(id)).rejects.toMatchObject({
    kind: "wrong-state",
    message: expect.stringContaining("is exited and is started once only; it ended with code 3, Error") as string,
  });
});

test("startContainer() by one who gave up on it succeeds, though the container has ended meanwhile", async () => {
  const made = await createdContainer();
  await startUnheard(made);
  made.node.runtime.exit(made.id, 0);
  await expect.poll(() => made.engine.getContainer(made.id).state).toBe("exited");

  await made.engine.startContainer(made.id);

  expect(made.starts()).toBe(1);
});

test("startContainer() by one who gave up on a start that failed is told why it failed", async () => {
  const made = await createdContainer();
  made.node.runtime.failNext("create", new Fault("not-found", "exec httpd: not found"));
  await startUnheard(made);

  await expect(made.engine.startContainer(made.id)).rejects.toMatchObject({
    kind: "not-found",
    message: "create process: exec httpd: not found",
  });
});

test("stopContainer() of a container that was not started holds, though a start comes with it", async () => {
  const { engine, id, starts } = await createdContainer();

  const [stopped, started] = await Promise.allSettled([engine.stopContainer(id, 0), engine.startContainer(id)]);

  expect([stopped.status, started.status]).toEqual(["fulfilled", "rejected"]);
  expect(engine.getContainer(id)).toMatchObject({ state: "exited", reason: "StoppedBeforeStart" });
  expect(starts()).toBe(0);
});
