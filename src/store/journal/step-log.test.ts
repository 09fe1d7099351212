import { beforeEach, expect, test } from "vitest";
import { createSystemClock, Fault, type StageSubject, Stages, silentLogger } from "#foundation";
import { Database } from "../database.ts";
import { journalSchema } from "./schema.ts";
import { StepLog } from "./step-log.ts";
import { WriteBehind } from "./write-behind.ts";

const pod: StageSubject = { kind: "sandbox", id: "abc123", name: "default/web" };
const container: StageSubject = { kind: "container", id: "abd456", name: "default/web/main", parentId: pod.id };

let database: Database;
let log: StepLog;

beforeEach(() => {
  database = Database.open(":memory:", journalSchema(false));
  log = openLog();
  return () => database.close();
});

/** The log as a daemon that starts now opens it. */
function openLog(): StepLog {
  return new StepLog(database, new WriteBehind(database, silentLogger));
}

function stagesOf(observer: StepLog): Stages {
  return new Stages(createSystemClock(), [observer]);
}

async function failingRun(stages: Stages): Promise<void> {
  const run = stages.act("run", pod, () =>
    stages.stage("attach network", pod, () =>
      stages.command({
        name: "bridge",
        facts: { argv: ["/opt/cni/bin/bridge"] },
        factsOf: (exitCode) => ({ exitCode }),
        work: () => Promise.resolve(1),
      }),
    ),
  );
  await run;
  await stages.stage("late", pod, () => Promise.reject(new Fault("broken", "no"))).catch(() => undefined);
}

test("an act is found with its stages and commands, each inside the other", async () => {
  await failingRun(stagesOf(log));

  expect(log.stepsOf(pod.id, 10)).toMatchObject([
    { sequence: 1, parent: 0, kind: "act", name: "run", outcome: "ok" },
    { sequence: 2, parent: 1, kind: "stage", name: "attach network", outcome: "ok", error: "" },
    { sequence: 3, parent: 2, kind: "command", facts: { argv: ["/opt/cni/bin/bridge"], exitCode: 1 } },
    { sequence: 4, parent: 0, name: "late", outcome: "failed", error: "no" },
  ]);
});

test("what runs is found before it has ended, and as interrupted by the next daemon", () => {
  void stagesOf(log).act("run", pod, () => new Promise(() => undefined));
  const [running] = log.stepsOf(pod.id, 10);
  const [interrupted] = openLog().stepsOf(pod.id, 10);

  expect(running).toMatchObject({ outcome: "running", durationMs: undefined });
  expect(interrupted).toMatchObject({ outcome: "interrupted", durationMs: undefined });
});

test("a later daemon counts on", async () => {
  await failingRun(stagesOf(log));
  expect(log.stepsOf(pod.id, 10)).toHaveLength(4);
  const later = openLog();
  await stagesOf(later).act("stop", pod, () => Promise.resolve());

  expect(later.stepsOf(pod.id, 1)).toMatchObject([{ sequence: 5, name: "stop" }]);
});

test.each([
  ["the beginning of its id", "abc", ["abc123"]],
  ["the beginning of two ids", "ab", ["abc123", "abd456"]],
  ["its whole name", "default/web", ["abc123"]],
  ["the last part of its name", "main", ["abd456"]],
  ["the last parts of its name", "web/main", ["abd456"]],
  ["a part of a part", "ain", []],
  ["a pattern", "%", []],
])("an object is found by %s", async (_name, text, ids) => {
  const stages = stagesOf(log);
  await stages.act("run", pod, () => Promise.resolve());
  await stages.act("create", container, () => Promise.resolve());

  expect(log.find(text).map(({ id }) => id)).toEqual(ids);
  expect(log.partsOf(pod.id)).toMatchObject([{ id: container.id, kind: "container", parentId: pod.id }]);
});

test("a step without an end is written in the next turn of the loop when a program may hang in it", async () => {
  void stagesOf(log).act("run", pod, () => new Promise(() => undefined));
  await new Promise<void>((resolve) => setImmediate(resolve));

  expect(database.prepare("SELECT count(*) AS n FROM step").get()).toEqual({ n: 1 });
});

test("an error and facts of any length are cut", async () => {
  const stages = stagesOf(log);
  const long = "x".repeat(100_000);
  await stages.act("run", pod, () => Promise.reject(new Error(long))).catch(() => undefined);
  await stages.act("run", pod, () =>
    stages.command({ name: "p", facts: { argv: [long] }, factsOf: () => ({}), work: () => Promise.resolve(0) }),
  );
  const [failed, , command] = log.stepsOf(pod.id, 10);

  expect(failed?.error).toHaveLength(4_096);
  expect(JSON.stringify(command?.facts).length).toBeLessThan(10_000);
});
