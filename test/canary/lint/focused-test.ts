// canary src/pod/focused-test.test.ts: vitest(no-focused-tests)
import { expect, test } from "vitest";

test.only("hides the others", () => {
  expect(4).toBe(4);
});
