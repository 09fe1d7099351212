import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, exited, readLog, startShell, type TestPod } from "./pod-acts.ts";
import { fullDisk, logWriterOf, runOnSmallDisk, type SmallDisk } from "./small-disk.ts";

const daemon = useDaemon();

/** Numbered lines, three times what the disk of the logs takes, and a last one without an end. */
const lines = 50_000;
/** It lives on after its last word: a shim that is to forget a container passes on the rest for some seconds only. */
const script = `seq 1 ${lines}; printf end; until [ -e /gate/open ]; do sleep 0.05; done`;
const wanted = `${Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join("")}end`;

/** Starts the container that writes, which ends once the gate is open. */
async function startWriting(pod: TestPod, gate: string): Promise<string> {
  return await startShell(daemon(), pod, script, { mounts: [{ containerPath: "/gate", hostPath: gate }] });
}

async function letEnd(pod: SmallDisk, containerId: string, gate: string): Promise<number> {
  await waitFor("the last word", async () => (await readLog(pod)).at(-1)?.text === "end");
  await writeFile(path.join(gate, "open"), "");
  return (await exited(daemon().client, containerId)).exitCode;
}

/** Moves the log to another disk as whoever makes room does: the writer goes on in a new file. */
async function rotateAway({ log }: SmallDisk, containerId: string, to: string): Promise<string> {
  await rename(log, `${log}.rotated`);
  await daemon().client.reopenContainerLog({ containerId });
  const text = await readFile(`${log}.rotated`, "utf8");
  await rm(`${log}.rotated`);
  await writeFile(to, text);
  return to;
}

/** What the container wrote, by its logs in order. */
async function writtenIn(pod: SmallDisk, files: readonly string[]): Promise<string> {
  const all = await Promise.all(files.map((file) => readLog(pod, path.relative(pod.directory, file))));
  return all
    .flat()
    .map(({ tag, text }) => (tag === "F" ? `${text}\n` : text))
    .join("");
}

test("over a full disk, rotations on it and kill -9 of crispd every line is in the log once", async () => {
  const { crispd, workspace } = daemon();
  await using pod = await runOnSmallDisk(daemon());
  const away = await directoryIn(workspace, "rotated");
  const containerId = await startWriting(pod, away);
  await fullDisk(pod);

  const rotated = [await rotateAway(pod, containerId, path.join(away, "1"))];
  await fullDisk(pod);
  await crispd.kill();
  await crispd.start();
  rotated.push(await rotateAway(pod, containerId, path.join(away, "2")));
  await fullDisk(pod);
  rotated.push(await rotateAway(pod, containerId, path.join(away, "3")));

  expect(await letEnd(pod, containerId, away)).toBe(0);
  const written = await writtenIn(pod, [...rotated, pod.log]);
  expect(written.length).toBe(wanted.length);
  expect(written === wanted).toBe(true);
});

test("a log writer that is killed, while crispd runs or not, leaves what it held to the next", async () => {
  const { crispd, workspace } = daemon();
  await using pod = await runOnSmallDisk(daemon());
  const away = await directoryIn(workspace, "rotated-killed");
  const containerId = await startWriting(pod, away);
  await fullDisk(pod);
  const first = await logWriterOf(workspace, containerId);

  process.kill(first, "SIGKILL");
  const second = await logWriterOf(workspace, containerId, first);
  const rotated = [await rotateAway(pod, containerId, path.join(away, "1"))];
  await fullDisk(pod);
  await crispd.kill();
  process.kill(second, "SIGKILL");
  await crispd.start();
  await logWriterOf(workspace, containerId, second);
  rotated.push(await rotateAway(pod, containerId, path.join(away, "2")));
  await fullDisk(pod);
  rotated.push(await rotateAway(pod, containerId, path.join(away, "3")));

  expect(await letEnd(pod, containerId, away)).toBe(0);
  const written = await writtenIn(pod, [...rotated, pod.log]);
  expect(written.length).toBe(wanted.length);
  expect(written === wanted).toBe(true);
});

test("a container whose log has no room is stopped and removed in time, and what was dropped is told", async () => {
  const { crispd, client } = daemon();
  await using pod = await runOnSmallDisk(daemon());
  const containerId = await startShell(
    daemon(),
    pod,
    "trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo line $i; done",
  );
  await fullDisk(pod);
  const startedAt = performance.now();

  await client.stopContainer({ containerId, timeout: 0n });

  expect(performance.now() - startedAt).toBeLessThan(5_000);
  const told = crispd
    .logTail(200)
    .split("\n")
    .find((line) => line.includes("were dropped") && line.includes(containerId));
  expect(Number(/"?lostBytes"?[:=](\d+)/.exec(told ?? "")?.[1])).toBeGreaterThan(1_000);
  const { message } = await containerStatus(client, containerId);
  expect(message).toMatch(/^\d{4,} bytes of its log were dropped: the log's disk was full$/);
  const text = await readFile(pod.log, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  // Whole lines, in order, and none twice; a short one may have found room after others were dropped.
  const numbers = (await writtenIn(pod, [pod.log]))
    .split("\n")
    .slice(0, -1)
    .map((line) => /^line (\d+)$/.exec(line)?.[1]);
  expect(numbers[0]).toBe("1");
  expect(numbers.every((number, index) => index === 0 || Number(number) > Number(numbers[index - 1]))).toBe(true);
  await client.removeContainer({ containerId });
  expect((await stat(pod.log)).isFile()).toBe(true);
});
