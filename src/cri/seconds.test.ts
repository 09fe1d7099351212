import { expect, test } from "vitest";
import { millisecondsOf } from "./seconds.ts";

test.each([
  [-5n, 0],
  [0n, 0],
  [2n, 2000],
  [9_223_372_036_854_775_807n, 2_147_483_647],
])("millisecondsOf(%i) is %i, which a timer takes", (seconds, milliseconds) => {
  expect(millisecondsOf(seconds)).toBe(milliseconds);
});
