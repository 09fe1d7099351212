import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { type Crispd, startCrispd } from "../../support/crispd.ts";
import { compareHosts, snapshotHost } from "../../support/host-snapshot.ts";
import { type ServiceManager, socketPassing, startServiceManager } from "../../support/service-manager.ts";
import { directoryIn, openWorkspace, type Workspace } from "../../support/workspace.ts";

const owned = new AsyncDisposableStack();
let workspace: Workspace;

beforeAll(async () => {
  workspace = owned.use(await openWorkspace());
});
afterAll(() => owned.disposeAsync());

/** A daemon that a service manager watches, with a watchdog of two seconds. */
async function startSupervised(
  owner: AsyncDisposableStack,
  name: string,
): Promise<{ readonly crispd: Crispd; readonly manager: ServiceManager }> {
  const manager = owner.use(await startServiceManager(workspace, name));
  const environment = { NOTIFY_SOCKET: manager.socketPath, WATCHDOG_USEC: "2000000" };
  return { manager, crispd: owner.use(await startCrispd(workspace, { name, environment })) };
}

function logLines(crispd: Crispd, message: string): readonly Record<string, unknown>[] {
  const lines = crispd.logTail(10_000).split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message);
}

test("a service manager hears of readiness, of life while calls are answered, and of the end", async () => {
  await using owner = new AsyncDisposableStack();
  const { crispd, manager } = await startSupervised(owner, "told");

  await manager.hears("READY=1");
  await manager.hears("WATCHDOG=1", 2);
  await crispd.stop();

  await manager.hears("STOPPING=1");
  expect((await manager.messages())[0]).toBe("READY=1 STATUS=serving");
});

test("SIGHUP makes crispd read its files anew, and say what changed and what waits", async () => {
  await using owner = new AsyncDisposableStack();
  const { crispd, manager } = await startSupervised(owner, "reloading");
  await manager.hears("READY=1");

  await writeFile(crispd.configFile, '[monitor]\npath = "/opt/conmon"\n[images]\nkeep_blobs = true\n');
  process.kill(crispd.pid(), "SIGHUP");
  await manager.hears("READY=1", 2);

  const [line] = logLines(crispd, "configuration was read anew");
  expect(line).toMatchObject({ changed: { "images.keep_blobs": { before: false, after: true } } });
  expect(line?.["atNextStart"]).toEqual(["monitor.path"]);
  expect((await manager.messages()).some((message) => /^RELOADING=1 MONOTONIC_USEC=\d+/.test(message))).toBe(true);
});

test("SIGHUP with a broken configuration changes nothing and names what is wrong", async () => {
  await using owner = new AsyncDisposableStack();
  const { crispd, manager } = await startSupervised(owner, "refusing");
  await manager.hears("READY=1");

  await writeFile(crispd.configFile, "[images]\nkeep_blob = true\n");
  process.kill(crispd.pid(), "SIGHUP");
  await manager.hears("READY=1", 2);

  const [line] = logLines(crispd, "configuration was not taken over: the old one stays");
  expect(line?.["error"]).toMatch(/images\.keep_blob.*images\.keep_blobs/);
  expect((await crispd.client.version({})).runtimeName).toBe("crisp");
});

test("a daemon that was killed is noticed by the next one, and one that was stopped is not", async () => {
  await using owner = new AsyncDisposableStack();
  const crispd = owner.use(await startCrispd(workspace, { name: "ends" }));
  const complaint = "the daemon before this one did not stop in order";

  await crispd.stop();
  await crispd.start();
  expect(logLines(crispd, complaint)).toHaveLength(0);

  await crispd.kill();
  await crispd.start();
  expect(logLines(crispd, complaint)).toHaveLength(1);
});

test("a socket that a service manager opened is served, and left alone at the end", async () => {
  await using owner = new AsyncDisposableStack();
  const before = await snapshotHost(workspace);
  const socketPath = path.join(await directoryIn(workspace, "passed"), "crisp.sock");
  const crispd = owner.use(await startCrispd(workspace, { name: "passed", launcher: socketPassing(socketPath) }));
  const { ino } = await stat(socketPath);

  expect(crispd.socketPath).toBe(socketPath);
  expect((await crispd.client.version({})).runtimeName).toBe("crisp");
  await crispd.stop();

  expect((await stat(socketPath)).ino).toBe(ino);
  expect(compareHosts(before, await snapshotHost(workspace))).toBe("");
});

test("systemd finds nothing wrong with the unit files", async () => {
  const directory = fileURLToPath(new URL("../../../packaging/systemd", import.meta.url));
  const unit = path.join(workspace.dir, "crisp.service");
  const text = await readFile(path.join(directory, "crisp.service"), "utf8");
  await writeFile(unit, text.replace("/opt/crisp/bin/crispd", "/bin/true"));

  expect(await run("systemd-analyze", ["verify", "--man=no", unit, path.join(directory, "crisp.socket")])).toBe("");
});
