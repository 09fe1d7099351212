import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { type Step, silentLogger } from "#foundation";
import { Database } from "../database.ts";
import { DiskEventLog } from "./event-log.ts";
import { prune, usedBytes } from "./prune.ts";
import { journalSchema } from "./schema.ts";
import { StepLog } from "./step-log.ts";
import { WriteBehind } from "./write-behind.ts";

const hour = 3_600_000;
const now = 1_000n * 3_600n * 1_000_000_000n;

/** An act some hours ago: over, still running, or with a part that still runs. */
interface Past {
  readonly hoursAgo: number;
  readonly state: "over" | "running" | "part-running";
  readonly bytes: number;
}

const pasts = array(
  record({
    hoursAgo: integer({ min: 0, max: 100 }),
    state: constantFrom<Past["state"]>("over", "over", "over", "running", "part-running"),
    bytes: integer({ min: 0, max: 3_000 }),
  }),
  { maxLength: 60 },
);

function openLogs(database: Database): { readonly steps: StepLog; readonly events: DiskEventLog } {
  const writes = new WriteBehind(database, silentLogger);
  return { steps: new StepLog(database, writes), events: new DiskEventLog(database, writes) };
}

function write(log: StepLog, { hoursAgo, state, bytes }: Past, number: number): string {
  const subject = { kind: "pod", id: `pod-${number}`, name: `pod-${number}` };
  const startedAtNanos = now - BigInt(Math.round(hoursAgo * hour)) * 1_000_000n;
  const act: Step = { kind: "act", name: "run", subject, parent: undefined, startedAtNanos, facts: {} };
  const part: Step = { ...act, kind: "stage", name: "attach", parent: act };
  const end = { durationMs: 1, error: new Error("x".repeat(bytes)), facts: {} };
  for (const step of [act, part]) log.began(step);
  if (state !== "part-running") log.ended(part, end);
  if (state !== "running") log.ended(act, end);
  return subject.id;
}

function runPrune(database: Database, maxAgeMs: number, maxBytes: number): void {
  for (const _ of prune(database, { maxAgeMs, maxBytes }, now)) continue;
}

test("no age and no size survives pruning, but every act that runs does, with all its parts", () => {
  assert(
    property(pasts, integer({ min: 1, max: 90 }), (past, maxHours) => {
      const database = Database.open(":memory:", journalSchema(false));
      try {
        const { steps } = openLogs(database);
        const ids = past.map((one, number) => write(steps, one, number));
        steps.find("");
        runPrune(database, maxHours * hour, Number.MAX_SAFE_INTEGER);
        const kept = ids.map((id) => steps.stepsOf(id, 10).length);

        expect(kept).toEqual(past.map(({ state, hoursAgo }) => (state === "over" && hoursAgo > maxHours ? 0 : 2)));
      } finally {
        database.close();
      }
    }),
    { numRuns: 30 },
  );
});

test("a journal over its size loses its oldest acts until it is below, and none that runs", () => {
  const database = Database.open(":memory:", journalSchema(false));
  const { steps, events } = openLogs(database);
  write(steps, { hoursAgo: 99, state: "running", bytes: 0 }, 0);
  for (let number = 1; number < 2_000; number += 1) {
    write(steps, { hoursAgo: (98 * 3_600 - number * 36) / 3_600, state: "over", bytes: 2_000 }, number);
    const atNanos = now - BigInt((98 * 3_600 - number * 36) * 1_000) * 1_000_000n;
    events.append({ atNanos, objectId: `pod-${number}`, ownerId: `pod-${number}`, type: "created", data: {} });
    // As each turn of the event loop does: more than some thousands do not wait.
    steps.stepsOf("", 1);
  }
  steps.find("");
  const limit = 2 * 1024 * 1024;
  expect(usedBytes(database)).toBeGreaterThan(limit);
  runPrune(database, 1_000 * hour, limit);

  expect(usedBytes(database)).toBeLessThan(limit);
  expect(steps.stepsOf("pod-0", 10)).toHaveLength(2);
  expect(steps.stepsOf("pod-1", 10)).toHaveLength(0);
  expect(steps.stepsOf("pod-1999", 10)).toHaveLength(2);
  expect(steps.find("pod-17")).toEqual([]);
  expect(events.after(0, 1)[0]?.sequence).toBeGreaterThan(1_000);
  expect(events.last).toBe(1_999);
  database.close();
});

test("what is kept for events goes with the last of them", () => {
  const database = Database.open(":memory:", journalSchema(false));
  const { events } = openLogs(database);
  events.append({ atNanos: 1n, objectId: "old", ownerId: "old", type: "deleted", data: {} });
  events.append({ atNanos: now, objectId: "new", ownerId: "new", type: "deleted", data: {} });
  for (const id of ["old", "new"]) events.keep(id, id, { id });
  runPrune(database, hour, Number.MAX_SAFE_INTEGER);

  expect(events.kept("old")).toBeUndefined();
  expect(events.kept("new")).toEqual({ id: "new" });
  database.close();
});
