import { describe, expect, test } from "vitest";
import { median, quantile, ratioOf } from "./statistics.ts";

describe("quantile()", () => {
  test.each([
    { samples: [3, 1, 2], share: 0.5, expected: 2 },
    { samples: [1, 2, 3, 4], share: 0.5, expected: 2.5 },
    { samples: [10, 20, 30, 40, 50], share: 0.9, expected: 46 },
    { samples: [7], share: 0.9, expected: 7 },
  ])("of $samples at $share is $expected", ({ samples, share, expected }) => {
    expect(quantile(samples, share)).toBeCloseTo(expected);
  });

  test("of nothing is not a number", () => {
    expect(quantile([], 0.5)).toBe(Number.NaN);
  });

  test("leaves the samples in their order", () => {
    const samples = [3, 1, 2];

    median(samples);

    expect(samples).toEqual([3, 1, 2]);
  });
});

describe("ratioOf()", () => {
  test("compares all samples, and tells the extremes of single rounds", () => {
    const ours = [
      [1, 1, 1],
      [3, 3, 3],
    ];
    const theirs = [
      [2, 2, 2],
      [4, 4, 4],
    ];

    const ratio = ratioOf(ours, theirs);

    expect(ratio).toEqual({ all: 2 / 3, least: 0.5, greatest: 0.75 });
  });
});
