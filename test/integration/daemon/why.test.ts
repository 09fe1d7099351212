import { execFile } from "node:child_process";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCniConfig } from "../../support/cni.ts";
import { removeAllPods } from "../../support/cri-server.ts";
import { type Crispd, startCrispd } from "../../support/crispd.ts";
import { compareHosts, type HostSnapshot, snapshotHost } from "../../support/host-snapshot.ts";
import { buildImage } from "../../support/image.ts";
import { podConfig } from "../../support/pod-config.ts";
import { pushImage } from "../../support/push.ts";
import { startRegistry } from "../../support/registry.ts";
import { addStuckPlugin, type StuckPlugin } from "../../support/stuck-plugin.ts";
import { waitFor } from "../../support/wait-for.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

const crispPath = path.resolve(import.meta.dirname, "../../../bin/crisp");

const owned = new AsyncDisposableStack();
let workspace: Workspace;
let plugin: StuckPlugin;
let crispd: Crispd;
let before: HostSnapshot;

beforeAll(async () => {
  workspace = owned.use(await openWorkspace());
  plugin = owned.use(await addStuckPlugin(workspace, await writeCniConfig(workspace)));
  crispd = owned.use(await startCrispd(workspace, { cni: plugin }));
  await run("first");
  await removeAllPods(crispd.client);
  before = await snapshotHost(crispd.scope);
});
afterAll(() => owned.disposeAsync());

function run(name: string): Promise<string> {
  return crispd.client.runPodSandbox({ config: podConfig(workspace, name) }).then(({ podSandboxId }) => podSandboxId);
}

interface Recorded {
  readonly object: { readonly id: string; readonly phase: string; readonly steps: readonly RecordedStep[] };
}

interface RecordedStep {
  readonly kind: string;
  readonly name: string;
  readonly outcome: string;
  readonly command?: { readonly cniCommand: string; readonly argv: readonly string[] };
}

async function crisp(...args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    CRI_CONFIG_FILE: "/dev/null",
    CONTAINER_RUNTIME_ENDPOINT: `unix://${crispd.socketPath}`,
  };
  const { stdout } = await promisify(execFile)(crispPath, args, { env });
  return stdout;
}

async function why(object: string): Promise<Recorded["object"]> {
  return (JSON.parse(await crisp("why", "-o", "json", object)) as Recorded).object;
}

/** Whether the journal's file has a command that runs: it is not asked of crispd, which writes what it is asked for. */
function isWritten(command: string): boolean {
  const journal = new DatabaseSync(path.join(crispd.root, "journal.db"), { readOnly: true });
  try {
    const running = journal.prepare("SELECT 1 FROM step WHERE kind = 'command' AND name = ? AND outcome = 'running'");
    return running.get(command) !== undefined;
  } finally {
    journal.close();
  }
}

test("kill -9 of crispd while a network plugin hangs: after a restart crisp why names the stage and the plugin", async () => {
  await plugin.hang();
  const running = run("hung").catch((error: unknown) => error);
  await plugin.pid();
  await waitFor("the journal to have the plugin", () => isWritten("stuck"));
  await crispd.kill();
  await running;
  await plugin.release();
  await crispd.start();

  const text = await crisp("why", "hung");
  const { steps } = await why("default/hung");

  expect(text).toMatch(/^run > attach network > stuck ADD was cut off when crispd ended, begun \d{4}-/m);
  expect(text).toMatch(/command: \S+\/cni\/bin\/stuck \(did not end\)/);
  expect(steps.filter(({ outcome }) => outcome === "interrupted")).toMatchObject([
    { kind: "act", name: "run" },
    { kind: "stage", name: "attach network" },
    { kind: "command", name: "stuck", command: { cniCommand: "ADD" } },
  ]);
  await removeAllPods(crispd.client);
  expect(compareHosts(before, await snapshotHost(crispd.scope))).toBe("");
});

test("of a pod that is gone crisp why tells its whole life, by its id too", async () => {
  const id = await run("short");
  await crispd.client.stopPodSandbox({ podSandboxId: id });
  await crispd.client.removePodSandbox({ podSandboxId: id });

  const text = await crisp("why", id.slice(0, 10));
  const { phase, steps } = await why("short");

  expect(text).toContain(`sandbox default/short (${id.slice(0, 13)}) is gone`);
  expect(text).toContain("No step failed");
  expect(text).toMatch(/bridge ADD after [\d.]+ ms: eth0 \d+\.\d+\.\d+\.\d+/);
  expect(phase).toBe("");
  expect(steps.filter(({ kind }) => kind === "act").map(({ name }) => name)).toEqual(["run", "stop", "remove"]);
  expect(steps.map(({ outcome }) => outcome)).toEqual(steps.map(() => "ok"));
});

test("of a pull that failed crisp why tells what the registry's side said, by the image's name", async () => {
  const image = "127.0.0.1:1/nobody/listens:1";
  await crispd.client.pullImage({ image: { image } }).catch((error: unknown) => error);

  const text = await crisp("why", "nobody/listens:1");

  expect(text).toMatch(/^image 127\.0\.0\.1:1\/nobody\/listens:1$/m);
  expect(text).toMatch(/^pull > manifest failed after [\d.]+ m?s, begun /m);
  expect(text).toContain("connection refused");
});

test("crisp why tells the stages of a pull, of the image and of the pod that waits for it", async () => {
  await using registry = await startRegistry(workspace);
  const image = await pushImage(registry, "why/stages:1", buildImage());
  const sandboxConfig = podConfig(workspace, "waiting");
  await crispd.client.runPodSandbox({ config: sandboxConfig });
  await crispd.client.pullImage({ image: { image: image.reference }, sandboxConfig });
  const missing = image.reference.replace(":1", ":2");
  await crispd.client.pullImage({ image: { image: missing }, sandboxConfig }).catch((error: unknown) => error);

  const ofImage = await crisp("why", "why/stages:1");
  const ofPod = await crisp("why", "waiting");
  await removeAllPods(crispd.client);

  const stages = ofImage
    .split("\n")
    .flatMap((line) => / {4}(\w+)(?: sha256:\w+)? after [\d.]+ m?s$/.exec(line)?.[1] ?? []);
  expect(stages).toEqual(["manifest", "config", "layer", "unpack", "download", "commit", "enter"]);
  expect(ofImage).toMatch(/ {2}layer sha256:[0-9a-f]{64} after /);
  expect(ofPod).toContain(`pull image ${image.reference} sandbox default/waiting after`);
  expect(ofPod).toMatch(new RegExp(`^pull image ${missing} failed after .*\n  It said: .*manifest: .*status 404`, "m"));
});

test("of what nobody knows crisp why says so, and fails", async () => {
  await expect(crisp("why", "nobody")).rejects.toMatchObject({
    stderr: expect.stringContaining("the journal knows nothing of that name or id") as string,
  });
});
