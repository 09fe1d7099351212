import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type SandboxId, silentLogger } from "#foundation";
import { StopRetries } from "./stop-retries.ts";

const id = "a".repeat(64) as SandboxId;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Retries of a stop that fails so many times and then succeeds, and that notes both as the real one does. */
function createRetries(failures: number): {
  readonly retries: StopRetries;
  readonly attempts: () => readonly number[];
} {
  const attempts: number[] = [];
  const retries: StopRetries = new StopRetries({
    logger: silentLogger,
    stop: (stopped) => {
      attempts.push(Date.now());
      if (attempts.length > failures) {
        retries.succeeded(stopped);
        return Promise.resolve();
      }
      retries.failed(stopped);
      return Promise.reject(new Error("CNI DEL failed"));
    },
  });
  return { retries, attempts: () => attempts };
}

test("a failed stop is repeated, each time after twice as long, until it succeeds", async () => {
  const { retries, attempts } = createRetries(3);
  const begunAt = Date.now();
  retries.failed(id);

  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(attempts().map((at) => at - begunAt)).toEqual([1_000, 3_000, 7_000, 15_000]);
});

test("the pause between repetitions ends growing at five minutes", async () => {
  const { retries, attempts } = createRetries(100);
  retries.failed(id);

  await vi.advanceTimersByTimeAsync(3_600_000);

  const [last = 0, before = 0] = attempts().toReversed();
  expect(last - before).toBe(300_000);
  await retries.close();
});

test("a stop that somebody else brought to its end is not repeated, nor is any after the end of the daemon", async () => {
  const { retries, attempts } = createRetries(0);
  retries.failed(id);
  retries.succeeded(id);
  retries.failed(id);
  await retries.close();
  retries.failed(id);

  await vi.advanceTimersByTimeAsync(3_600_000);

  expect(attempts()).toEqual([]);
});
