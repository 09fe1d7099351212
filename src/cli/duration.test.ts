import { expect, test } from "vitest";
import { parseDurationMs } from "./duration.ts";

test.each([
  ["2s", 2_000],
  ["1m30s", 90_000],
  ["500ms", 500],
  ["1.5h", 5_400_000],
  ["0", 0],
  ["20", 20_000],
])("parseDurationMs() reads %s", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(["", "s", "2 s", "-1s", "2x", "1m2"])("parseDurationMs() refuses %j", (text) => {
  expect(() => parseDurationMs(text)).toThrow(expect.objectContaining({ kind: "invalid" }));
});
