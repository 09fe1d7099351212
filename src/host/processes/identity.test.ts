import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifyProcess, parseProcessStat } from "./identity.ts";

describe("parseProcessStat()", () => {
  it("is not led astray by the command's name", () => {
    fc.assert(
      fc.property(fc.string(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (name, startTicks) => {
        const line = `42 (${name}) S ${"1 ".repeat(18)}${startTicks} 0 0\n`;

        expect(parseProcessStat(line)).toEqual({ state: "S", startTicks });
      }),
    );
  });

  it("gives nothing for a line that is cut short", () => {
    expect(parseProcessStat("42 (name) S 1 2")).toBeUndefined();
    expect(parseProcessStat("")).toBeUndefined();
  });
});

describe("identifyProcess()", () => {
  it("finds this process, and none of a number that cannot be", () => {
    expect(identifyProcess(process.pid)?.startTicks).toBeGreaterThan(0n);
    expect(identifyProcess(2 ** 30)).toBeUndefined();
  });
});
