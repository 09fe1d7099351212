import { expect, test } from "vitest";
import { formatTime } from "./time.ts";

test("formatTime() keeps every nanosecond", () => {
  expect(formatTime(1_767_323_045_000_000_007n)).toBe("2026-01-02T03:04:05.000000007Z");
});
