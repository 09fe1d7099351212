import { expect, test } from "vitest";
import { containerRecord, sandboxRecord } from "../fixtures.ts";
import { type Records, steadyRecords } from "./look.ts";

const sandbox = sandboxRecord();
const container = containerRecord();

function records(sandboxes = [sandbox], containers = [container]): Records {
  return {
    sandboxes: new Map(sandboxes.map((record) => [record.id, record])),
    containers: new Map(containers.map((record) => [record.id, record])),
  };
}

function steady(parts: Partial<Parameters<typeof steadyRecords>[0]>) {
  const known = records();
  return steadyRecords({ before: known, after: known, touched: new Set(), recall: () => undefined, ...parts });
}

test("records that nothing happened to can be judged", () => {
  expect(steady({})).toMatchObject({ sandboxes: [sandbox], containers: [container] });
});

test("a record that changed meanwhile is not judged, though it looks the same at the end", () => {
  const { sandboxes } = steady({ after: records([{ ...sandbox }]) });

  expect(sandboxes).toEqual([]);
});

test("what an act was under way on is not judged", () => {
  const { sandboxes, containers } = steady({ touched: new Set([container.id]) });

  expect({ sandboxes, containers }).toEqual({ sandboxes: [sandbox], containers: [] });
});

test.each([
  ["removed meanwhile", { after: records([], []) }],
  ["made meanwhile", { before: records([], []) }],
  ["made and removed meanwhile", { before: records([], []), after: records([], []), touched: new Set([sandbox.id]) }],
])("what was %s is known, and no stray", (_name, parts) => {
  const { isKnown, sandboxes } = steady(parts);

  expect(isKnown(sandbox.id)).toBe(true);
  expect(isKnown("f".repeat(64))).toBe(false);
  expect(sandboxes).toEqual([]);
});
