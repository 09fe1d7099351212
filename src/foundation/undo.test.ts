import { expect, test } from "vitest";
import { allOrNothing, type Leftover, UndoStack } from "./undo.ts";

function stackThatRecords(): { undo: UndoStack; ran: string[]; push: (name: string) => void } {
  const undo = new UndoStack();
  const ran: string[] = [];
  return { undo, ran, push: (name) => undo.push({ name, run: () => void ran.push(name) }) };
}

test("revert() runs the newest step first", async () => {
  const { undo, ran, push } = stackThatRecords();
  push("older");
  push("newer");

  expect(await undo.revert()).toEqual([]);

  expect(ran).toEqual(["newer", "older"]);
});

test("revert() goes on after a step that fails, and reports it", async () => {
  const { undo, ran, push } = stackThatRecords();
  const error = new Error("stuck");
  push("older");
  undo.push({ name: "broken", run: () => Promise.reject(error) });

  expect(await undo.revert()).toEqual([{ name: "broken", error }]);

  expect(ran).toEqual(["older"]);
});

test("revert() leaves older steps alone when a step that holds them fails", async () => {
  const { undo, ran, push } = stackThatRecords();
  const error = new Error("plugin failed");
  push("remove namespace");
  undo.push({ name: "detach network", holdsOlder: true, run: () => Promise.reject(error) });

  expect(await undo.revert()).toEqual([{ name: "detach network", error }, { name: "remove namespace" }]);

  expect(ran).toEqual([]);
});

test("revert() does not wait beyond a step's budget", async () => {
  const undo = new UndoStack();
  undo.push({ name: "hangs", run: () => new Promise(() => undefined) });

  const [leftover] = await undo.revert(5);

  expect(leftover).toMatchObject({ name: "hangs", error: { name: "TimeoutError" } });
});

test("allOrNothing() returns what the work returns and reverts nothing", async () => {
  const ran: string[] = [];

  const result = await allOrNothing(async (undo) => {
    undo.push({ name: "a", run: () => void ran.push("a") });
    return 7;
  }, fail);

  expect(result).toBe(7);
  expect(ran).toEqual([]);
});

test("allOrNothing() rethrows the first error after reverting, also when the revert fails", async () => {
  const cause = new Error("first");
  const second = new Error("second");
  const reported: (readonly Leftover[])[] = [];

  const outcome = allOrNothing(
    async (undo) => {
      undo.push({ name: "a", run: () => Promise.reject(second) });
      throw cause;
    },
    (leftovers) => void reported.push(leftovers),
  );

  await expect(outcome).rejects.toBe(cause);
  expect(reported).toEqual([[{ name: "a", error: second }]]);
});

function fail(): never {
  throw new Error("there must be no leftovers");
}
