import { expect, test } from "vitest";
import { createSystemClock } from "./clock.ts";

test("nowNanos() never repeats, however fast it is asked", () => {
  const clock = createSystemClock();
  const times = Array.from({ length: 1000 }, () => clock.nowNanos());

  expect(times).toEqual([...new Set(times)].toSorted((a, b) => (a < b ? -1 : 1)));
});
