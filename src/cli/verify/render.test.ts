import { expect, test } from "vitest";
import { renderResult, renderSummary } from "./render.ts";

const passed = { name: "pod: runs", outcome: "passed", durationMs: 120, problem: "" } as const;
const failed = {
  name: "log: is whole",
  outcome: "failed",
  durationMs: 30_000,
  problem: "its last line is missing",
} as const;
const none = { name: "stats: tell", outcome: "unsupported", durationMs: 1, problem: "not built" } as const;

test("each check has a line, and below it what was seen instead", () => {
  expect(renderResult(passed)).toBe("ok      120 ms  pod: runs\n");
  expect(renderResult(failed)).toBe("FAIL  30000 ms  log: is whole\n                its last line is missing\n");
});

test("the summary counts, and names what the server does not have only when there is any", () => {
  expect(renderSummary([passed, failed])).toBe("1 of 2 passed, 1 failed\n");
  expect(renderSummary([passed, none])).toBe("1 of 2 passed, 0 failed, 1 that the server does not have\n");
});
