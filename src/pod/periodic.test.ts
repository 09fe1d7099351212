import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startPeriodic } from "./periodic.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("periodic work is done at once, and from then on at each period, until it is closed", async () => {
  let times = 0;
  const periodic = startPeriodic(1_000, async () => void (times += 1));
  await periodic.first;
  expect(times).toBe(1);

  await vi.advanceTimersByTimeAsync(3_500);
  expect(times).toBe(4);
  await periodic.close();
  await vi.advanceTimersByTimeAsync(10_000);

  expect(times).toBe(4);
});

test("periodic work never runs twice at once, and its end is awaited", async () => {
  const running: PromiseWithResolvers<void>[] = [];
  const periodic = startPeriodic(1_000, () => {
    const time = Promise.withResolvers<void>();
    running.push(time);
    return time.promise;
  });
  await vi.advanceTimersByTimeAsync(1_500);
  expect(running).toHaveLength(1);
  let isClosed = false;
  const closing = periodic.close().then(() => (isClosed = true));
  running[0]?.resolve();
  await vi.advanceTimersByTimeAsync(0);

  expect([running.length, isClosed]).toEqual([2, false]);
  running[1]?.resolve();

  expect(await closing).toBe(true);
});
