import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

test("run() lets no more works run at once than its limit", async () => {
  const gate = new Gate(() => 2);
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  };

  await Promise.all(Array.from({ length: 10 }, () => gate.run(work)));

  expect(most).toBe(2);
});

test("run() rejects a waiter whose signal aborts, and keeps its place free for the next", async () => {
  const gate = new Gate(() => 1);
  const hold = Promise.withResolvers<void>();
  const first = gate.run(() => hold.promise);
  const abort = new AbortController();
  const waiter = gate.run(() => Promise.resolve("never"), abort.signal);
  const next = gate.run(() => Promise.resolve("next"));

  abort.abort(new Error("gave up"));
  await expect(waiter).rejects.toThrow("gave up");
  hold.resolve();

  await first;
  expect(await next).toBe("next");
});

test("run() lets in as many more as its limit has grown by", async () => {
  let limit = 1;
  const gate = new Gate(() => limit);
  const holds = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  let begun = 0;
  const works = holds.map(({ promise }) =>
    gate.run(async () => {
      begun += 1;
      await promise;
    }),
  );
  limit = 2;
  holds[0]?.resolve();
  await works[0];

  expect(begun).toBe(3);
  for (const { resolve } of holds) resolve();
  await Promise.all(works);
});
