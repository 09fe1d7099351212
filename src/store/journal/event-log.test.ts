import { beforeEach, expect, test } from "vitest";
import { silentLogger } from "#foundation";
import { Database } from "../database.ts";
import { DiskEventLog } from "./event-log.ts";
import { journalSchema } from "./schema.ts";
import { WriteBehind } from "./write-behind.ts";

let database: Database;
let log: DiskEventLog;

beforeEach(() => {
  database = Database.open(":memory:", journalSchema(false));
  log = openLog();
  return () => database.close();
});

function openLog(): DiskEventLog {
  return new DiskEventLog(database, new WriteBehind(database, silentLogger));
}

function append(objectId: string, type: string, at: number): void {
  log.append({ atNanos: BigInt(at), objectId, ownerId: "pod", type, data: { at } });
}

test("events are read on from any sequence, so many at a time, also by a later daemon", () => {
  for (let at = 1; at <= 5; at += 1) append("c", "created", at * 10);
  const pages = [log.after(0, 2), openLog().after(2, 2), log.after(4, 2), log.after(5, 2)];

  expect(pages.map((page) => page.map(({ sequence, data }) => [sequence, data]))).toEqual([
    [
      [1, { at: 10 }],
      [2, { at: 20 }],
    ],
    [
      [3, { at: 30 }],
      [4, { at: 40 }],
    ],
    [[5, { at: 50 }]],
    [],
  ]);
  expect(openLog().last).toBe(5);
});

test.each([
  [0, 0],
  [20, 1],
  [21, 2],
  [99, 3],
])("reading from the time %i begins after event %i", (at, expected) => {
  for (const time of [10, 20, 30]) append("c", "created", time);

  expect(log.before(BigInt(at))).toBe(expected);
});

test("the latest event of each object is known until it is forgotten", () => {
  append("a", "created", 1);
  append("a", "started", 2);
  append("b", "created", 3);
  log.note("c", { ownerId: "c", type: "stopped" });
  log.forget("b");

  expect([...openLogAfter().latest()]).toEqual([
    ["a", { ownerId: "pod", type: "started" }],
    ["c", { ownerId: "c", type: "stopped" }],
  ]);
});

/** Another log sees only what was written. */
function openLogAfter(): DiskEventLog {
  log.after(0, 1);
  return openLog();
}

test("what is kept of an object is on disk when the call returns", () => {
  log.keep("a", "pod", { name: "x" });

  expect(openLog().kept("a")).toEqual({ name: "x" });
  expect(openLog().kept("b")).toBeUndefined();
});

test("events wait while the disk takes none, and are all there afterwards", () => {
  append("a", "created", 1);
  database.prepare("ALTER TABLE told RENAME TO elsewhere").run();
  expect(log.after(0, 10)).toEqual([]);
  database.prepare("ALTER TABLE elsewhere RENAME TO told").run();
  append("a", "started", 2);

  expect(log.after(0, 10).map(({ type }) => type)).toEqual(["created", "started"]);
});
