import { rename, stat } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, readLog, runPod, startShell } from "./pod-acts.ts";

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
