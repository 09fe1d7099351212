import { expect, test } from "vitest";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

const { signal } = new AbortController();
const all = { tty: false, stdin: true, stdout: true, stderr: true };

async function runContainer(
  engine: NativeEngine,
  changes: Parameters<typeof containerConfig>[0] = {},
): Promise<string> {
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const id = await engine.createContainer(sandboxId, containerConfig(changes));
  await engine.startContainer(id);
  return id;
}

test("exec() runs a command of its own, found by a prefix of the id", async () => {
  const engine = await new FakeNode().openEngine();
  const id = await runContainer(engine);

  const session = await engine.exec({ ...all, containerId: id.slice(0, 8), command: ["echo", "hi"] }, { signal });

  expect(Buffer.concat((await session.stdout?.toArray()) as Buffer[]).toString()).toBe("hi\n");
  expect(await session.ended).toEqual({ kind: "exited", exitCode: 0 });
});

test.each([
  ["a terminal", { hasTty: true, hasStdin: true }, [true, true, false]],
  ["input", { hasStdin: true }, [true, true, true]],
  ["neither", {}, [false, true, true]],
])("attach() to a container with %s joins the streams that it has", async (_what, changes, streams) => {
  const engine = await new FakeNode().openEngine();
  const containerId = await runContainer(engine, changes);

  const { stdin, stdout, stderr } = await engine.attach({ ...all, containerId }, { signal });

  expect([stdin, stdout, stderr].map((stream) => stream !== undefined)).toEqual(streams);
});

test("exec() and attach() refuse a container that has not started", async () => {
  const engine = await new FakeNode().openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const containerId = await engine.createContainer(sandboxId, containerConfig());

  const executing = engine.exec({ ...all, containerId, command: ["true"] }, { signal });

  await expect(executing).rejects.toMatchObject({ kind: "wrong-state" });
  await expect(engine.attach({ ...all, containerId }, { signal })).rejects.toMatchObject({ kind: "wrong-state" });
});

test("portForward() dials 127.0.0.1 and then ::1 in the pod's network namespace", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");
  const namespacePath = `/run/crisp/sandboxes/${sandboxId}/ns/net`;
  node.host.sockets.serveTcp({ host: "::1", port: 80 }, (peer) => peer.end("six"), namespacePath);

  const connection = await engine.portForward({ sandboxId, port: 80 }, { signal });

  expect(Buffer.concat((await connection.toArray()) as Buffer[]).toString()).toBe("six");
  expect(node.host.acts.filter(({ name }) => name === "sockets.connect").map(({ subject }) => subject)).toEqual([
    "127.0.0.1:80",
    "::1:80",
  ]);
});

test("portForward() of a pod on the node's network dials there", async () => {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const { security } = sandboxConfig();
  const namespaces = { ...security.namespaces, network: "node" as const };
  const sandboxId = await engine.runSandbox(sandboxConfig({ security: { ...security, namespaces } }), "");
  node.host.sockets.serveTcp({ host: "127.0.0.1", port: 80 }, (peer) => peer.end("node"));

  const connection = await engine.portForward({ sandboxId, port: 80 }, { signal });

  expect(Buffer.concat((await connection.toArray()) as Buffer[]).toString()).toBe("node");
});

test("portForward() tells a closed port, and a sandbox that was stopped", async () => {
  const engine = await new FakeNode().openEngine();
  const sandboxId = await engine.runSandbox(sandboxConfig(), "");

  await expect(engine.portForward({ sandboxId, port: 80 }, { signal })).rejects.toMatchObject({
    kind: "unavailable",
    reason: { code: "pod.port-closed", port: 80 },
  });
  await engine.stopSandbox(sandboxId);
  await expect(engine.portForward({ sandboxId, port: 80 }, { signal })).rejects.toMatchObject({ kind: "wrong-state" });
});
