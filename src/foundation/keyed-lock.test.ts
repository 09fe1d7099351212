import { expect, test } from "vitest";
import { KeyedLock } from "./keyed-lock.ts";

test("run() lets works of one key run one after the other, in order", async () => {
  const lock = new KeyedLock();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.run("a", async () => {
    seen.push("first begins");
    await gate.promise;
    seen.push("first ends");
  });
  const second = lock.run("a", async () => void seen.push("second"));
  const other = lock.run("b", async () => void seen.push("other"));

  await other;
  gate.resolve();
  await Promise.all([first, second]);

  expect(seen).toEqual(["first begins", "other", "first ends", "second"]);
});

test("run() releases the key when the work throws", async () => {
  const lock = new KeyedLock();
  await expect(lock.run("a", () => Promise.reject(new Error("broke")))).rejects.toThrow("broke");

  expect(await lock.run("a", () => Promise.resolve(1))).toBe(1);
});
