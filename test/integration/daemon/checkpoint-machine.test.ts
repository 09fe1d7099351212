import { execFile } from "node:child_process";
import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { beforeEach, expect, test } from "vitest";
import { archiveFile, archiveNames } from "../../support/read-archive.ts";
import { archivesIn, beginCheckpoint, expectGoesOn, leftIn, nothingIsLeft, startCounting } from "./checkpoint-acts.ts";
import { useMachineDaemon } from "./machine-daemon.ts";

const run = promisify(execFile);
const crispPath = path.resolve(import.meta.dirname, "../../../bin/crisp");

const daemon = await useMachineDaemon();
/** What a machine writes first that is told to wait. */
const firstFile = "checkpoint/held.img";

let location = "";
beforeEach(async () => {
  location = path.join(await archivesIn(daemon()), "machine.tar");
});

/** Makes a container's machine wait in the middle of a checkpoint; the function it gives lets it go on. */
async function holdCheckpoints(containerId: string): Promise<() => Promise<void>> {
  const file = path.join(daemon().crispd.state, "containers", containerId, "hold-checkpoint");
  await writeFile(file, "");
  return () => rm(file);
}

test("crisp checkpoint writes what a shim does while its container stands still", async () => {
  const { crispd } = daemon();
  const counting = await startCounting(daemon());
  const { containerId } = counting;

  const args = ["-r", `unix://${crispd.socketPath}`, "checkpoint", `--export=${location}`, containerId];
  const { stdout } = await run(crispPath, args);

  const names = await archiveNames(location);
  const images = names.filter((name) => name.endsWith(".img"));
  expect(stdout).toBe(`${containerId}\n`);
  expect(names).toEqual(expect.arrayContaining(["config.dump", "container.log", "rootfs-diff.tar", "spec.dump"]));
  expect(images).toHaveLength(1);
  expect(String(await archiveFile(location, images[0] ?? ""))).toContain("State:\tT (stopped)");
  expect(await leftIn(daemon())).toEqual([]);
  await expectGoesOn(daemon(), counting);
});

test("a checkpoint that takes too long is told of in time, and leaves nothing", async () => {
  const { client } = daemon();
  const counting = await startCounting(daemon());
  const { containerId } = counting;
  const goOn = await holdCheckpoints(containerId);

  const asking = client.checkpointContainer({ containerId, location, timeout: 1n });

  await expect(asking).rejects.toMatchObject({ kind: "timed-out" });
  await goOn();
  await nothingIsLeft(daemon(), location);
  await expectGoesOn(daemon(), counting);
});

test("a container that crispd left standing still goes on with the next crispd, and nothing is left", async () => {
  const { crispd } = daemon();
  const counting = await startCounting(daemon());
  const { containerId } = counting;
  const goOn = await holdCheckpoints(containerId);
  const { outcome } = await beginCheckpoint(daemon(), { containerId, location, firstFile });

  await crispd.kill();
  expect(await outcome).toBe("unavailable");
  const left = await readdir(path.dirname(location));
  await goOn();
  await crispd.start();

  await nothingIsLeft(daemon(), location);
  expect(left).toHaveLength(1);
  await expectGoesOn(daemon(), counting);
});
