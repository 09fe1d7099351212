import { describe, expect, it } from "vitest";
import { parseHardLimits } from "./proc-limits.ts";

const real = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 20000                files
Max nice priority         0                    0
Max something new         1                    2                    things
`;

describe("parseHardLimits()", () => {
  it("reads hard limits by their OCI names and leaves out those it does not know", () => {
    expect([...parseHardLimits(real)]).toEqual([
      ["RLIMIT_CPU", 18_446_744_073_709_551_615n],
      ["RLIMIT_NOFILE", 20_000n],
      ["RLIMIT_NICE", 0n],
    ]);
  });
});
