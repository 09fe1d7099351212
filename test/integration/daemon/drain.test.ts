import { readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCniConfig } from "../../support/cni.ts";
import { removeAllPods } from "../../support/cri-server.ts";
import { type Crispd, startCrispd } from "../../support/crispd.ts";
import { compareHosts, type HostSnapshot, snapshotHost } from "../../support/host-snapshot.ts";
import { podConfig } from "../../support/pod-config.ts";
import { addStuckPlugin, type StuckPlugin } from "../../support/stuck-plugin.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

const owned = new AsyncDisposableStack();
let workspace: Workspace;
let plugin: StuckPlugin;
let crispd: Crispd;
let before: HostSnapshot;

beforeAll(async () => {
  workspace = owned.use(await openWorkspace());
  plugin = owned.use(await addStuckPlugin(workspace, await writeCniConfig(workspace)));
  crispd = owned.use(await startCrispd(workspace, { cni: plugin, logLevel: "info" }));
  await crispd.client.runPodSandbox({ config: podConfig(workspace, "first") });
  await removeAllPods(crispd.client);
  before = await snapshotHost(crispd.scope);
});
afterAll(() => owned.disposeAsync());

/** What crispd logged since a place in its log, by message. */
async function messagesSince(offset: number): Promise<readonly string[]> {
  const text = (await readFile(crispd.logFile)).subarray(offset).toString();
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
}

test("SIGTERM lets a run whose caller has gone come to its end: the next daemon finds it whole", async () => {
  const { client } = crispd;
  const config = podConfig(workspace, "unheard");
  const { size: offset } = await stat(crispd.logFile);
  const caller = new AbortController();
  await plugin.hang();
  const running = client.runPodSandbox({ config }, { signal: caller.signal }).catch((error: unknown) => error);
  await plugin.pid();
  caller.abort();
  await running;

  const stopping = crispd.stop();
  await waitFor("crispd to begin its end", async () => (await messagesSince(offset)).includes("stopping"));
  await plugin.goOn();
  await stopping;
  const ending = await messagesSince(offset);
  await crispd.start();

  expect(ending.slice(ending.indexOf("stopping"))).toEqual(["stopping", "sandbox ready", "stopped"]);
  expect((await messagesSince(offset)).filter((message) => message.startsWith("recover"))).toEqual([]);
  const { items } = await client.listPodSandbox({});
  expect(items.map(({ id }) => id)).toEqual([(await client.runPodSandbox({ config })).podSandboxId]);
  await removeAllPods(client);
  expect(compareHosts(before, await snapshotHost(crispd.scope))).toBe("");
});
