import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { removeAllPods } from "../../support/cri-server.ts";
import { crispdPath, startCrispd } from "../../support/crispd.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

test("the socket is only for its owner", async () => {
  const { mode, uid } = await stat(daemon().crispd.socketPath);

  expect(mode & 0o777).toBe(0o600);
  expect(uid).toBe(process.getuid?.());
});

test("Version and Status answer as kubelet demands", async () => {
  const { client } = daemon();

  const version = await client.version({});
  expect(version).toMatchObject({ version: "0.1.0", runtimeName: "crisp", runtimeApiVersion: "v1" });
  expect(version.runtimeVersion).toMatch(/^\d+\.\d+/);
  const { status, runtimeHandlers } = await client.status({});
  expect(status?.conditions.map(({ type, status: isTrue }) => ({ type, isTrue }))).toEqual([
    { type: "RuntimeReady", isTrue: true },
    { type: "NetworkReady", isTrue: true },
  ]);
  expect(runtimeHandlers.map(({ name }) => name)).toContain("");
});

test("RPCs that are not there yet say so", async () => {
  await expect(daemon().client.checkpointPod({})).rejects.toMatchObject({ kind: "unsupported" });
});

test("a second daemon on the same directories is refused with one line that names them", async () => {
  const { crispd, client } = daemon();

  const second = run(crispdPath, crispd.args);

  await expect(second).rejects.toThrow(new RegExp(`^.*\\n[^\\n]*${crispd.root}[^\\n]*\\n?$`));
  expect((await client.version({})).runtimeName).toBe("crisp");
});

test("two daemons with directories of their own do not see each other's pods", async () => {
  const { workspace, client, crispd, busybox } = daemon();
  await using cleanUp = new AsyncDisposableStack();
  const other = cleanUp.use(await startCrispd(workspace, { name: "other", cni: crispd.cni }));
  cleanUp.defer(() => removeAllPods(other.client));
  await other.client.pullImage({ image: { image: busybox.reference } });

  const mine = await runPod(daemon());
  const theirs = await runPod({ ...daemon(), client: other.client });
  const containerId = await startShell({ ...daemon(), client: other.client }, theirs, idle);

  expect((await client.listPodSandbox({})).items.map(({ id }) => id)).toEqual([mine.id]);
  expect((await other.client.listPodSandbox({})).items.map(({ id }) => id)).toEqual([theirs.id]);
  await expect(containerStatus(client, containerId)).rejects.toMatchObject({ kind: "not-found" });
});
