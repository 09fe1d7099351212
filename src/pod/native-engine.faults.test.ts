import { describe, expect, test } from "vitest";
import { Fault } from "#foundation";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, containerMount, imageSpec, sandboxConfig } from "./fixtures.ts";

/** An act of the engine, what must be there before it, and which acts of the host it consists of. */
interface Case {
  readonly name: string;
  readonly prepare: (engine: NativeEngine) => Promise<string>;
  readonly act: (engine: NativeEngine, prepared: string) => Promise<unknown>;
}

const shared = { ...sandboxConfig().security, namespaces: { network: "pod", pid: "pod", ipc: "pod" } } as const;

const ids = [{ hostId: 65_536, containerId: 0, length: 65_536 }];
const user = { uids: ids, gids: ids };
const mapped = { ...sandboxConfig().security, namespaces: { ...sandboxConfig().security.namespaces, user } };
const ofPod = { hostPath: "/var/lib", uidMappings: ids, gidMappings: ids };
const other = [{ hostId: 7, containerId: 0, length: 1 }];

/** Its mounts need the pod's mapping, one of their own, and a view of an image's layers. */
const mappedContainer = containerConfig({
  security: { ...containerConfig().security, namespaces: mapped.namespaces },
  mounts: [
    containerMount(ofPod),
    containerMount({ ...ofPod, containerPath: "/other", uidMappings: other, gidMappings: other }),
    containerMount({
      ...ofPod,
      containerPath: "/image",
      hostPath: "",
      image: imageSpec("busybox"),
      uidMappings: other,
    }),
  ],
});

const cases: readonly Case[] = [
  {
    name: "runSandbox()",
    prepare: () => Promise.resolve(""),
    act: (engine) => engine.runSandbox(sandboxConfig(), ""),
  },
  {
    name: "runSandbox() with a shared PID namespace",
    prepare: () => Promise.resolve(""),
    act: (engine) => engine.runSandbox(sandboxConfig({ security: shared }), ""),
  },
  {
    name: "runSandbox() with a user namespace",
    prepare: () => Promise.resolve(""),
    act: (engine) => engine.runSandbox(sandboxConfig({ security: mapped }), ""),
  },
  {
    name: "createContainer() in a user namespace",
    prepare: (engine) => engine.runSandbox(sandboxConfig({ security: mapped }), ""),
    act: (engine, sandboxId) => engine.createContainer(sandboxId, mappedContainer),
  },
  {
    name: "createContainer()",
    prepare: (engine) => engine.runSandbox(sandboxConfig(), ""),
    act: (engine, sandboxId) => engine.createContainer(sandboxId, containerConfig()),
  },
  {
    name: "createContainer() with an image volume",
    prepare: (engine) => engine.runSandbox(sandboxConfig(), ""),
    act: (engine, sandboxId) =>
      engine.createContainer(sandboxId, containerConfig({ mounts: [containerMount({ image: imageSpec("busybox") })] })),
  },
];

/** Names of the host's acts in one undisturbed run, in order. */
async function actsOf({ prepare, act }: Case): Promise<readonly string[]> {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const prepared = await prepare(engine);
  const before = node.host.acts.length;
  await act(engine, prepared);
  return node.host.acts.slice(before).map(({ name }) => name);
}

for (const each of cases) {
  describe(`${each.name}`, async () => {
    const acts = await actsOf(each);

    test.each(acts.map((name, index) => ({ name, index })))(
      "leaves nothing behind when step $index ($name) fails, and works when it is repeated",
      async ({ index }) => {
        const node = new FakeNode();
        const engine = await node.openEngine();
        const prepared = await each.prepare(engine);
        const before = await everythingOf(node);
        const failAt = node.host.acts.length + index + 1;
        node.host.intercept(() => {
          if (node.host.acts.length === failAt) throw new Fault("broken", "injected");
        });

        await expect(each.act(engine, prepared)).rejects.toThrow("injected");

        expect(await everythingOf(node)).toEqual(before);
        expect(await each.act(engine, prepared)).toMatch(/^[0-9a-f]{64}$/);
      },
    );

    test.each(acts.map((name, index) => ({ name, index })))(
      "is cleaned up by the next daemon when the first dies at step $index ($name)",
      async ({ index }) => {
        const { node, prepared, before } = await dieDuring(each, index);

        const next = await node.openEngine();

        await expect.poll(() => everythingOf(node)).toEqual(before);
        expect(await each.act(next, prepared)).toMatch(/^[0-9a-f]{64}$/);
      },
    );

    test.each(acts.map((name, index) => ({ name, index })))(
      "can be repeated at once when a daemon died at step $index ($name)",
      async ({ index }) => {
        const { node, prepared } = await dieDuring(each, index);
        const next = await node.openEngine();

        const id = await each.act(next, prepared);

        const found = [...next.listSandboxes({}), ...next.listContainers({})].find((object) => object.id === id);
        expect(found).toBeDefined();
        expect(found).not.toMatchObject({ isReady: false });
        expect(found).not.toMatchObject({ state: "exited" });
      },
    );
  });
}

/** Lets an engine die at one of the steps of an act; nothing of it returns from then on. */
async function dieDuring(each: Case, index: number) {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const prepared = await each.prepare(engine);
  const before = await everythingOf(node);
  const dieAt = node.host.acts.length + index + 1;
  let isDead = false;
  const died = Promise.withResolvers<void>();
  node.host.intercept(() => {
    if (node.host.acts.length !== dieAt || isDead) return undefined;
    isDead = true;
    died.resolve();
    return new Promise(() => undefined);
  });
  void each.act(engine, prepared);
  await died.promise;
  return { node, prepared, before };
}

/** Everything on the node that belongs to pods; the directories that hold them may stay. */
async function everythingOf({ host, network, runtime, records, holders }: FakeNode) {
  const { files, ...kernel } = host.snapshot();
  return {
    ...kernel,
    files: files.filter((path) => /[0-9a-f]{64}/.test(path)),
    containers: runtime.containers.length,
    attachments: await network.attachments(),
    records: records(),
    holders: [...holders],
  };
}

test("runSandbox() detaches a network that failed half way", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const before = await everythingOf(node);
  node.network.failNext("attach", new Fault("broken", "plugin portmap: ADD failed"));

  await expect(engine.runSandbox(sandboxConfig(), "")).rejects.toThrow("attach network: plugin portmap: ADD failed");

  expect(await everythingOf(node)).toEqual(before);
});

test("runSandbox() that cannot be taken back is listed as not ready, and its repeat finishes the job", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  node.network.failNext("attach", new Fault("broken", "ADD failed"));
  node.network.failNext("detach", new Fault("broken", "DEL failed"));
  await expect(engine.runSandbox(sandboxConfig(), "")).rejects.toThrow("ADD failed");
  expect(engine.listSandboxes({})).toMatchObject([{ isReady: false, details: { phase: "stopping" } }]);

  await engine.runSandbox(sandboxConfig(), "");

  expect(engine.listSandboxes({})).toMatchObject([{ isReady: true }]);
  expect(await node.network.attachments()).toHaveLength(1);
});

test("createContainer() makes anew what failed while not even that could be written down", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  let isFilling = true;
  node.host.intercept(() => {
    node.areRecordsFull = isFilling;
  });
  await expect(engine.createContainer(sandboxId, containerConfig())).rejects.toThrow("full");
  isFilling = false;
  node.areRecordsFull = false;

  const id = await engine.createContainer(sandboxId, containerConfig());

  expect(engine.listContainers({}).map((container) => container.id)).toEqual([id]);
});

test("startContainer() ends what failed to start while not even that could be written down", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const id = await engine.createContainer(sandboxId, containerConfig());
  let isFilling = true;
  node.host.intercept(() => {
    node.areRecordsFull = isFilling;
  });
  await expect(engine.startContainer(id)).rejects.toThrow("full");
  isFilling = false;
  node.areRecordsFull = false;

  await expect(engine.startContainer(id)).rejects.toThrow("is exited and is started once only");

  expect(engine.listContainers({})).toMatchObject([{ id, state: "exited" }]);
  expect(node.runtime.containers).toEqual([]);
});

test("the end of a container that could not be written down is written down when it can be", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const id = await engine.createContainer(sandboxId, containerConfig());
  await engine.startContainer(id);
  node.areRecordsFull = true;
  node.runtime.exit(id, 7);
  await new Promise(setImmediate); // the daemon learns of it while nothing can be written

  node.areRecordsFull = false;

  await expect.poll(() => engine.getContainer(id)).toMatchObject({ exitCode: 7 });
  await engine.stopContainer(id, 0);
});

test("close() lets an act come to its end whose caller has gone, and begins no other", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  node.host.intercept(() => held);
  const running = engine.runSandbox(sandboxConfig(), "");
  const ended: string[] = [];

  const closing = engine.close().then(() => ended.push("closed"));
  await new Promise(setImmediate);
  expect(ended).toEqual([]);
  await expect(engine.removeSandbox("any")).rejects.toMatchObject({ kind: "unavailable" });
  goOn();
  await closing;

  expect((await node.openEngine()).listSandboxes({})).toMatchObject([{ id: await running, isReady: true }]);
});
