import { describe, expect, it } from "vitest";
import { exampleLimits } from "../fake/example-input.ts";
import { clampOomScore } from "./oom-score.ts";

describe("clampOomScore()", () => {
  it("raises what is below the daemon's own score, and tells", () => {
    expect(clampOomScore(-997, exampleLimits)).toEqual({
      oomScoreAdj: -500,
      clamped: [{ what: "oom-score-adj", asked: "-997", granted: "-500" }],
    });
  });

  it("grants what is not below, and everything where limits may be raised", () => {
    expect(clampOomScore(1000, exampleLimits)).toEqual({ oomScoreAdj: 1000, clamped: [] });
    expect(clampOomScore(-997, { ...exampleLimits, canRaiseLimits: true })).toEqual({ oomScoreAdj: -997, clamped: [] });
  });

  it.each([-1001, 1001])("refuses %d", (asked) => {
    expect(() => clampOomScore(asked, exampleLimits)).toThrowError(expect.objectContaining({ kind: "invalid" }));
  });
});
