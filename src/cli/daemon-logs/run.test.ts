import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const id = "a".repeat(64);
const stack = "Error: x\n    at f (file.ts:1:2)\n    at g (file.ts:3:4)";

function line(level: number, msg: string, facts: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ level, time: "2026-01-02T03:04:05.678Z", ...facts, msg });
}

const log = [
  line(20, "stage ended", { requestId: "r1", stage: "attach network", durationMs: 3.5 }),
  line(30, "sandbox ready", { requestId: "r1", sandboxId: id, name: "web", namespace: "default" }),
  line(40, "call failed", { requestId: "r2", method: "stopPodSandbox", error: "bridge: exit code 1" }),
  "Segmentation fault",
  line(50, "cannot follow", { error: { message: "it broke", stack } }),
];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "crisp-daemon-logs-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function daemonLogs(lines: readonly string[], ...args: readonly string[]): Promise<FakeRun> {
  const file = path.join(directory, "crispd.log");
  await writeFile(file, lines.map((each) => `${each}\n`).join(""));
  return runCrisp(["daemon-logs", file, ...args]);
}

test("crisp daemon-logs prints a line for people, and what is no line of the log as it is", async () => {
  expect((await daemonLogs(log)).out).toBe(
    [
      '2026-01-02 03:04:05.678 DEBUG stage ended  requestId=r1  stage="attach network"  durationMs=3.5',
      "2026-01-02 03:04:05.678 INFO  sandbox ready  requestId=r1  sandboxId=aaaaaaaaaaaaa  name=web  namespace=default",
      '2026-01-02 03:04:05.678 WARN  call failed  requestId=r2  method=stopPodSandbox  error="bridge: exit code 1"',
      "Segmentation fault",
      '2026-01-02 03:04:05.678 ERROR cannot follow  error="it broke"',
      "    at f (file.ts:1:2)",
      "    at g (file.ts:3:4)",
      "",
    ].join("\n"),
  );
});

test.each([
  [
    ["--level", "warn"],
    ["call failed", "cannot follow"],
  ],
  [
    ["--request", "r1"],
    ["stage ended", "sandbox ready"],
  ],
  [["--grep", id.slice(0, 12)], ["sandbox ready"]],
  [["--tail", "1"], ["cannot follow"]],
])("crisp daemon-logs %j prints only those", async (args, expected) => {
  const { out } = await daemonLogs(log, ...args);

  const found = ["stage ended", "sandbox ready", "call failed", "cannot follow"].filter((text) => out.includes(text));
  expect(found).toEqual(expected);
});

test("crisp daemon-logs skips what a journal has put in front of a line", async () => {
  const { out } = await daemonLogs([`Jan 02 03:04:05 node crispd[7]: ${log[1] ?? ""}`]);

  expect(out).toMatch(/^2026-01-02 03:04:05\.678 INFO {2}sandbox ready/);
});

test("crisp daemon-logs shows a line that was cut short as it is", async () => {
  const cut = (log[1] ?? "").slice(0, 60);

  expect((await daemonLogs([cut])).out).toBe(`${cut}\n`);
});

test("crisp daemon-logs says which file is missing", async () => {
  const { failure } = await runCrisp(["daemon-logs", path.join(directory, "none")]);

  expect(failure).toMatchObject({ kind: "not-found" });
});
