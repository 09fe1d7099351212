import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { examine, matching } from "./doctor-acts.ts";
import { containerStatus, exited, readLog, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

test("every line is in the log before the container counts as exited", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());

  const containerId = await startShell(daemon(), pod, "echo one; echo two >&2; seq 1 1000; printf no-newline");
  await exited(client, containerId);

  const lines = await readLog(pod);
  expect(lines.filter(({ stream }) => stream === "stderr").map(({ text }) => text)).toEqual(["two"]);
  const stdout = lines.filter(({ stream }) => stream === "stdout");
  const texts = stdout.map(({ text }) => text);
  expect(texts).toEqual(["one", ...Array.from({ length: 1000 }, (_, index) => String(index + 1)), "no-newline"]);
  expect(stdout.map(({ tag }) => tag)).toEqual([...Array.from({ length: 1001 }, () => "F"), "P"]);
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)$/);
});

test("ReopenContainerLog goes on in a new file of the same name, and no line is lost", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.001; done");
  const log = path.join(pod.config.logDirectory ?? "", "main/0.log");
  await waitFor("the first lines", async () => (await readLog(pod)).length > 10);

  await rename(log, `${log}.rotated`);
  await client.reopenContainerLog({ containerId });

  expect((await stat(log)).isFile()).toBe(true);
  await waitFor("lines in the new file", async () => (await readLog(pod)).length > 10);
  await client.stopContainer({ containerId, timeout: 0n });
  const rotated = await readLog(pod, "main/0.log.rotated");
  const texts = [...rotated, ...(await readLog(pod))].map(({ text }) => text);
  expect(texts.length).toBeGreaterThan(20);
  expect(texts).toEqual(Array.from({ length: texts.length }, (_, index) => String(index + 1)));
});

test("over rotations at full speed and kill -9 of crispd not a byte is lost or doubled", async () => {
  const { client, crispd, workspace } = daemon();
  const pod = await runPod(daemon());
  const gate = await directoryIn(workspace, "log-gate");
  const script =
    "i=0; until [ -e /gate/shut ]; do seq $((i * 1000 + 1)) $((i * 1000 + 1000)); i=$((i + 1)); done; printf end";
  const containerId = await startShell(daemon(), pod, script, {
    mounts: [{ containerPath: "/gate", hostPath: gate }],
  });
  const log = path.join(pod.config.logDirectory ?? "", "main/0.log");
  const rotated: string[] = [];
  while (rotated.length < 3) {
    await waitFor("the log to grow", async () => (await stat(log)).size > 100_000);
    const name = `${log}.${rotated.length}`;
    await rename(log, name);
    await client.reopenContainerLog({ containerId });
    rotated.push(name);
  }
  await crispd.kill();
  await writeFile(path.join(gate, "shut"), "");
  await crispd.start();
  await exited(client, containerId);

  const texts: string[] = [];
  for (const name of [...rotated.map((file) => path.basename(file)), "0.log"]) {
    const lines = await readLog(pod, `main/${name}`);
    expect(lines.length).toBeGreaterThan(0);
    texts.push(lines.map(({ tag, text }) => (tag === "F" ? `${text}\n` : text)).join(""));
  }
  const written = texts.join("");
  const count = Number(written.split("\n").at(-2));
  const wanted = `${Array.from({ length: count }, (_, index) => `${index + 1}\n`).join("")}end`;
  expect(count % 1_000).toBe(0);
  expect(written === wanted).toBe(true);
});

/** A pod whose logs are on a small disk of their own. */
async function runOnSmallDisk(options: string): Promise<Awaited<ReturnType<typeof runPod>> & AsyncDisposable> {
  const logDirectory = path.join(daemon().workspace.dir, "small-logs");
  await mkdir(logDirectory);
  await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", logDirectory]);
  const pod = await runPod(daemon(), { logDirectory });
  return {
    ...pod,
    [Symbol.asyncDispose]: async () => {
      await daemon().client.removePodSandbox({ podSandboxId: pod.id });
      await run("umount", [logDirectory]);
      await rm(logDirectory, { recursive: true });
    },
  };
}

test("a log that cannot be made anew fails its rotation, and its container runs on and logs on", async () => {
  const { client } = daemon();
  await using pod = await runOnSmallDisk("nr_inodes=4,size=1m");
  const containerId = await startShell(daemon(), pod, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done");
  const log = path.join(pod.config.logDirectory ?? "", "main/0.log");
  await waitFor("the first lines", async () => (await readLog(pod)).length > 3);
  const ballast = path.join(pod.config.logDirectory ?? "", "ballast");
  await writeFile(ballast, "");
  await rename(log, `${log}.rotated`);

  const refused = client.reopenContainerLog({ containerId });
  await expect(refused).rejects.toMatchObject({ kind: "exhausted", message: matching(/no space left on device/) });
  await rm(ballast);
  await client.reopenContainerLog({ containerId });
  await waitFor("lines in the new file", async () => (await readLog(pod)).length > 3);

  await client.stopContainer({ containerId, timeout: 0n });
  expect((await containerStatus(client, containerId)).reason).toBe("Error");
  const texts = [...(await readLog(pod, "main/0.log.rotated")), ...(await readLog(pod))].map(({ text }) => text);
  expect(texts).toEqual(Array.from({ length: texts.length }, (_, index) => String(index + 1)));
});

test("a full disk of logs is told of by the doctor; freed, the log goes on, and what was written before is whole", async () => {
  const { client, crispd } = daemon();
  await using pod = await runOnSmallDisk("size=400k");
  const script = "i=0; while :; do i=$((i+1)); echo line $i; [ $((i % 200)) -ne 0 ] || sleep 0.02; done";
  const containerId = await startShell(daemon(), pod, script);
  const directory = pod.config.logDirectory ?? "";
  const ballast = path.join(directory, "ballast");
  await run("sh", ["-c", `head -c 204800 /dev/zero > ${ballast}`]);
  const log = path.join(directory, "main/0.log");
  await waitFor("the disk to be full", async () => (await run("stat", ["-f", "-c", "%a", directory])).trim() === "0");

  const { findings, exitCode } = await examine(crispd);
  const before = await readFile(log, "utf8");
  await rm(ballast);
  await waitFor("the log to go on", async () => (await stat(log)).size > before.length + 10_000);
  await client.stopContainer({ containerId, timeout: 0n });

  // What others leave in the cgroups of the machine is no concern of this test.
  expect(findings.filter(({ where }) => where === log)).toMatchObject([
    { where: log, what: matching(/^the disk is full that has the logs of 1 containers/), repair: "" },
  ]);
  expect(exitCode).toBe(21);
  const whole = before
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" ").slice(3).join(" "));
  expect(whole).toEqual(Array.from({ length: whole.length }, (_, index) => `line ${index + 1}`));
  expect((await readFile(log, "utf8")).startsWith(before)).toBe(true);
});

test("ReopenContainerLog of a container that has exited is refused, and makes no file", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await startShell(daemon(), pod, "true");
  await exited(client, containerId);
  const log = path.join(pod.config.logDirectory ?? "", "main/0.log");
  await rename(log, `${log}.rotated`);

  await expect(client.reopenContainerLog({ containerId })).rejects.toMatchObject({ kind: "wrong-state" });

  await expect(stat(log)).rejects.toMatchObject({ code: "ENOENT" });
});
