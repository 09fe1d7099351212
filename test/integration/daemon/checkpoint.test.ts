import { readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { needing } from "../../support/needing.ts";
import { archiveFile, archiveNames } from "../../support/read-archive.ts";
import { slowness } from "../../support/slowness.ts";
import { archivesIn, beginCheckpoint, expectGoesOn, leftIn, nothingIsLeft, startCounting } from "./checkpoint-acts.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus } from "./pod-acts.ts";

const daemon = useDaemon();
const patient = { timeoutMs: 60_000 * slowness };
/** The first thing that CRIU writes. */
const firstFile = "dump.log";

let location = "";
beforeEach(async () => {
  location = path.join(await archivesIn(daemon()), "web.tar");
});

describe("CheckpointContainer", needing("write checkpoints"), () => {
  test("writes memory, changed files, log and names of a container, which goes on", async () => {
    const { client, workspace } = daemon();
    const counting = await startCounting(daemon());
    const { containerId } = counting;

    await client.checkpointContainer({ containerId, location }, patient);

    await expectGoesOn(daemon(), counting);
    const names = await archiveNames(location);
    const changes = path.join(workspace.dir, "changes.tar");
    await writeFile(changes, await archiveFile(location, "rootfs-diff.tar"));
    const read = async (name: string): Promise<unknown> => JSON.parse(String(await archiveFile(location, name)));
    expect(names).toEqual(
      expect.arrayContaining(["config.dump", "container.log", "deleted.files", "dump.log", "spec.dump", "stats-dump"]),
    );
    expect(names).toEqual(expect.arrayContaining(["checkpoint/inventory.img", "checkpoint/pages-1.img"]));
    expect(await archiveNames(changes)).toEqual(expect.arrayContaining(["made/", "made/file"]));
    expect(await archiveNames(changes)).not.toContain("etc/hosts");
    expect(String(await archiveFile(changes, "made/file"))).toBe("written\n");
    expect(await read("deleted.files")).toEqual(["/bin/ls"]);
    expect(await read("config.dump")).toMatchObject({ id: containerId, name: "main" });
    expect(await read("spec.dump")).toMatchObject({
      annotations: { "io.kubernetes.cri.container-name": "main", "io.kubernetes.cri.sandbox-name": "pod" },
    });
    expect((await stat(location)).mode & 0o777).toBe(0o600);
    expect([await readdir(path.dirname(location)), await leftIn(daemon())]).toEqual([["web.tar"], []]);
  });

  test("leaves nothing, and the container unharmed, when its caller gives up; it can be asked for again", async () => {
    const { client } = daemon();
    const counting = await startCounting(daemon());
    const { containerId } = counting;
    const caller = new AbortController();
    const { outcome } = await beginCheckpoint(daemon(), { containerId, location, firstFile, signal: caller.signal });

    caller.abort();

    expect(await outcome).toBe("canceled");
    await nothingIsLeft(daemon(), location);
    await expectGoesOn(daemon(), counting);
    await client.checkpointContainer({ containerId, location }, patient);
    await expectGoesOn(daemon(), counting);
  });

  test("does not hold up the container's end, and what was written before stays", async () => {
    const { client } = daemon();
    const { containerId } = await startCounting(daemon());
    await client.checkpointContainer({ containerId, location }, patient);
    const before = await stat(location);
    const { outcome } = await beginCheckpoint(daemon(), { containerId, location, firstFile });

    await client.stopContainer({ containerId, timeout: 0n }, patient);

    expect(await outcome).toBe("canceled");
    expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 137 });
    expect([(await stat(location)).ino, await leftIn(daemon())]).toEqual([before.ino, []]);
  });

  test("that crispd dies in the middle of is ended by the next one, and the container goes on", async () => {
    const { client, crispd } = daemon();
    const counting = await startCounting(daemon());
    const { containerId } = counting;
    const { outcome } = await beginCheckpoint(daemon(), { containerId, location, firstFile });

    await crispd.kill();
    expect(await outcome).toBe("unavailable");
    await crispd.start();

    await nothingIsLeft(daemon(), location);
    await expectGoesOn(daemon(), counting);
    await client.checkpointContainer({ containerId, location }, patient);
    await expectGoesOn(daemon(), counting);
  });
});
