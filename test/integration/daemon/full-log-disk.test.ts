import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, exited, readLog, startShell } from "./pod-acts.ts";
import { fullDisk, logWriterOf, runOnSmallDisk, type SmallDisk } from "./small-disk.ts";

const daemon = useDaemon();

/** Numbered lines, three times what the disk of the logs takes, and a last one without an end. */
const lines = 50_000;
/** It lives on after its last word: a shim that is to forget a container passes on the rest for some seconds only. */
const script = `seq 1 ${lines}; printf end; until [ -e /gate/open ]; do sleep 0.05; done`;
const wanted = `${Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join("")}end`;

/** A container that writes more than the disk of its log takes. */
class LongLog {
  readonly containerId: string;
  readonly #pod: SmallDisk;
  /** A directory on another disk, which the container sees as its gate. */
  readonly #away: string;
  readonly #rotated: string[] = [];

  private constructor(pod: SmallDisk, away: string, containerId: string) {
    this.#pod = pod;
    this.#away = away;
    this.containerId = containerId;
  }

  /** Starts the container; answers when the disk is full. */
  static async begin(pod: SmallDisk): Promise<LongLog> {
    const away = await directoryIn(daemon().workspace, "rotated");
    const mounts = [{ containerPath: "/gate", hostPath: away }];
    const log = new LongLog(pod, away, await startShell(daemon(), pod, script, { mounts }));
    await fullDisk(pod);
    return log;
  }

  /** Moves the log to the other disk as whoever makes room does: the writer goes on in a new file. */
  async makeRoom(): Promise<void> {
    const { log } = this.#pod;
    const to = path.join(this.#away, String(this.#rotated.length));
    await rename(log, `${log}.rotated`);
    await daemon().client.reopenContainerLog({ containerId: this.containerId });
    await writeFile(to, await readFile(`${log}.rotated`, "utf8"));
    await rm(`${log}.rotated`);
    this.#rotated.push(to);
  }

  async fillAgain(): Promise<void> {
    await this.makeRoom();
    await fullDisk(this.#pod);
  }

  /** Lets the container end when it has room for the rest. */
  async end(): Promise<typeof whole> {
    await waitFor("the last word", async () => (await readLog(this.#pod)).at(-1)?.text === "end");
    await writeFile(path.join(this.#away, "open"), "");
    const { exitCode } = await exited(daemon().client, this.containerId);
    const written = await writtenIn(this.#pod, [...this.#rotated, this.#pod.log]);
    return { exitCode, length: written.length, isAsWritten: written === wanted };
  }
}

/** An end after which every line is in the logs, once. */
const whole = { exitCode: 0, length: wanted.length, isAsWritten: true };

/** What the container wrote, by its logs in order. */
async function writtenIn(pod: SmallDisk, files: readonly string[]): Promise<string> {
  const all = await Promise.all(files.map((file) => readLog(pod, path.relative(pod.directory, file))));
  return all
    .flat()
    .map(({ tag, text }) => (tag === "F" ? `${text}\n` : text))
    .join("");
}

test("over a full disk, rotations on it and kill -9 of crispd every line is in the log once", async () => {
  const { crispd } = daemon();
  await using pod = await runOnSmallDisk(daemon());
  const log = await LongLog.begin(pod);

  await log.fillAgain();
  await crispd.kill();
  await crispd.start();
  await log.fillAgain();
  await log.makeRoom();

  expect(await log.end()).toEqual(whole);
});

test("a log writer that is killed, while crispd runs or not, leaves what it held to the next", async () => {
  const { crispd } = daemon();
  await using pod = await runOnSmallDisk(daemon());
  const log = await LongLog.begin(pod);
  const first = await logWriterOf(daemon().workspace, log.containerId);

  process.kill(first, "SIGKILL");
  const second = await logWriterOf(daemon().workspace, log.containerId, first);
  await log.fillAgain();
  await crispd.kill();
  process.kill(second, "SIGKILL");
  await crispd.start();
  await logWriterOf(daemon().workspace, log.containerId, second);
  await log.fillAgain();
  await log.makeRoom();

  expect(await log.end()).toEqual(whole);
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
  // In order, and none twice; a short one may have found room after others were dropped: at the very end, too, the rest of
  // one that the monitor had cut in two.
  const written = (await writtenIn(pod, [pod.log])).split("\n").slice(0, -1);
  const numbers = written.flatMap((line) => /^line (\d+)$/.exec(line)?.[1] ?? []).map(Number);
  expect(numbers[0]).toBe(1);
  expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))).toBe(true);
  expect(written.slice(numbers.length).every((line) => /^(ine |ne |e | )?\d*$/.test(line))).toBe(true);
  expect(written.length - numbers.length).toBeLessThanOrEqual(1);
  await client.removeContainer({ containerId });
  expect((await stat(pod.log)).isFile()).toBe(true);
});
