// canary src/pod/disabled-test.test.ts: vitest(no-disabled-tests)
import { expect, test } from "vitest";

test.skip("never runs", () => {
  expect(4).toBe(5);
});
