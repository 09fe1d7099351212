import { expect, it } from "vitest";
import { newsByMs } from "./news-of-end.ts";

it.each([
  { what: "an end that came while somebody listened", atMs: 100_500, byMs: 102_500 },
  { what: "one right before: it is told again 5 s later at the latest", atMs: 99_000, byMs: 106_000 },
  { what: "one of which the last time to tell is sooner than that", atMs: 88_000, byMs: 104_000 },
  { what: "one of which nobody tells any more", atMs: 84_000, byMs: 84_000 },
])("knows until when there can be news of $what", ({ atMs, byMs }) => {
  expect(newsByMs(atMs, 100_000)).toBe(byMs);
});
