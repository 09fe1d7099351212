import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { examine, whyOf } from "./doctor-acts.ts";
import { containerStatus, exited, startShell } from "./pod-acts.ts";
import { scrapeOf } from "./scrape.ts";
import { logWriterOf, runOnSmallDisk } from "./small-disk.ts";

const daemon = useDaemon({ config: '[metrics]\naddress = "127.0.0.1:0"\n' });

/** Waits until the one log there is is in this state; gives the bytes that were lost until then. */
async function lostBytesWhen(state: "flowing" | "held" | "dropping"): Promise<number> {
  const found = await waitFor(`a log that is ${state}`, async () => {
    const counts = await scrapeOf(daemon().crispd);
    return counts.get(`crisp_container_logs{state="${state}"}`) === 1 && counts;
  });
  return found.get("crisp_container_log_lost_bytes_total") ?? Number.NaN;
}

async function findings(): Promise<readonly string[]> {
  return (await examine(daemon().crispd)).findings.map(({ what }) => what);
}

test("a container that waits for its log's disk, and one that loses lines, are told of while they run", async () => {
  const { client, crispd, workspace } = daemon();
  await using pod = await runOnSmallDisk(daemon());
  const gate = await directoryIn(workspace, "gate");
  const filler = path.join(pod.directory, "filler");
  await writeFile(filler, Buffer.alloc(600 * 1024));
  const wait = (word: string): string => `until [ -e /gate/${word} ]; do sleep 0.05; done`;
  const script = `yes 0123456789 | head -n 40000; ${wait("room")}; echo more; ${wait("end")}`;
  const containerId = await startShell(daemon(), pod, script, {
    mounts: [{ containerPath: "/gate", hostPath: gate }],
  });

  expect(await lostBytesWhen("held")).toBe(0);
  expect(await whyOf(crispd, containerId)).toMatch(/ is running: its log's disk takes nothing, and it is held back/);
  // As crispd tells it when somebody wants the container to end.
  process.kill(await logWriterOf(workspace, containerId), "SIGWINCH");
  await lostBytesWhen("dropping");
  const what = "the disk is full that has the logs of 1 containers that run; lines of 1 are being dropped";
  expect(await findings()).toEqual([what]);
  await rm(filler);
  await writeFile(path.join(gate, "room"), "");
  const lost = await lostBytesWhen("flowing");

  expect(lost).toBeGreaterThan(100_000);
  const told = `${lost} bytes of its log were dropped: the log's disk was full`;
  expect(await whyOf(crispd, containerId)).toContain(` is running: ${told}`);
  expect(await findings()).toEqual([]);
  await writeFile(path.join(gate, "end"), "");
  await exited(client, containerId);
  expect((await containerStatus(client, containerId)).message).toBe(told);
  expect((await scrapeOf(crispd)).get("crisp_container_log_lost_bytes_total")).toBe(lost);
});
