import { expect, test } from "vitest";
import { Joinable } from "./joinable.ts";

test("join() gives a second caller the outcome of the act that runs", async () => {
  const acts = new Joinable<number>();
  const gate = Promise.withResolvers<number>();
  let started = 0;
  const act = (): Promise<number> => {
    started += 1;
    return gate.promise;
  };

  const both = Promise.all([acts.join("a", act), acts.join("a", act)]);
  gate.resolve(7);

  expect(await both).toEqual([7, 7]);
  expect(started).toBe(1);
});

test("join() starts anew after the act ended, also when it failed", async () => {
  const acts = new Joinable<number>();
  await expect(acts.join("a", () => Promise.reject(new Error("broke")))).rejects.toThrow("broke");

  expect(await acts.join("a", () => Promise.resolve(2))).toBe(2);
  expect(acts.isRunning("a")).toBe(false);
});
