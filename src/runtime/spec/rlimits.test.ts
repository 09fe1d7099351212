import { describe, expect, it } from "vitest";
import { exampleLimits } from "../fake/example-input.ts";
import { clampRlimits } from "./rlimits.ts";

const asked = [
  { type: "RLIMIT_NOFILE", soft: 1_024n, hard: 1_048_576n },
  { type: "RLIMIT_CORE", soft: 0n, hard: 0n },
];

describe("clampRlimits()", () => {
  it("lowers what is above the most that the daemon can give, and tells", () => {
    expect(clampRlimits(asked, exampleLimits)).toEqual({
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 1_024n, hard: 20_000n }, asked[1]],
      clamped: [{ what: "rlimit", asked: "RLIMIT_NOFILE=1048576", granted: "20000" }],
    });
  });

  it("lowers the soft limit with the hard one", () => {
    const { rlimits } = clampRlimits([{ type: "RLIMIT_NOFILE", soft: 30_000n, hard: 30_000n }], exampleLimits);

    expect(rlimits).toEqual([{ type: "RLIMIT_NOFILE", soft: 20_000n, hard: 20_000n }]);
  });

  it("lowers the number of open files to the kernel's bound also where limits may be raised, and no other limit", () => {
    const own = { ...exampleLimits, canRaiseLimits: true, hardLimits: new Map([["RLIMIT_NOFILE", 1_000_000n]]) };

    expect(clampRlimits(asked, own).rlimits).toEqual([{ ...asked[0], hard: 1_000_000n }, asked[1]]);
  });
});
