import { expect, test } from "vitest";
import { type CaseResult, renderReport } from "./report.ts";

const passed: CaseResult = { scenario: "run-sandbox", name: "kill before act run", problems: [], seconds: 2 };
const failed: CaseResult = { ...passed, name: "hang command bridge", problems: ["+ mounts: /a\n+ mounts: /b"] };

function verdict(results: readonly CaseResult[], planned: number): string | undefined {
  return renderReport({ results, planned }).split("\n").at(-1);
}

test("the last line says that nothing was lost only when everything was tried", () => {
  expect(verdict([passed, passed], 2)).toBe("2 faults: nothing was lost, and nothing is left");
  expect(verdict([passed, failed], 2)).toBe("1 of 2 faults have left something, or lost it");
  expect(verdict([passed], 288)).toBe(
    "interrupted after 1 of 288 faults, none of which has left something, or lost it",
  );
  expect(verdict([passed, failed], 288)).toBe(
    "interrupted after 2 of 288 faults, 1 of which have left something, or lost it",
  );
});

test("each case that failed stands with all that was wrong", () => {
  expect(renderReport({ results: [failed], planned: 1 })).toContain(
    "FAILED run-sandbox: hang command bridge\n  + mounts: /a\n  + mounts: /b\n",
  );
});
