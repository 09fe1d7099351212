import { expect, test } from "vitest";
import { formatAge } from "./age.ts";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [0, "Less than a second ago"],
  [1.9, "1 second ago"],
  [17, "17 seconds ago"],
  [59.9, "59 seconds ago"],
  [minute, "About a minute ago"],
  [2 * minute, "2 minutes ago"],
  [59 * minute, "59 minutes ago"],
  [hour, "About an hour ago"],
  [hour + 31 * minute, "2 hours ago"],
  [47 * hour, "47 hours ago"],
  [2 * day, "2 days ago"],
  [13 * day, "13 days ago"],
  [14 * day, "2 weeks ago"],
  [60 * day, "2 months ago"],
  [729 * day, "24 months ago"],
  [730 * day, "2 years ago"],
])("formatAge() tells %d s as %s", (seconds, expected) => {
  expect(formatAge(0n, BigInt(seconds * 1_000) * 1_000_000n)).toBe(expected);
});

test("formatAge() of a moment that has not come is no age", () => {
  expect(formatAge(2_000_000_000n, 1_000_000_000n)).toBe("Less than a second ago");
});
