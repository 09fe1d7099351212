import { describe, expect, it } from "vitest";
import { releaseMemory } from "./release-memory.ts";

describe("releaseMemory()", () => {
  it("empties the last piece of a large buffer", () => {
    const large = Buffer.allocUnsafeSlow(100_000);
    const last = large.subarray(70_000);

    releaseMemory(last);

    expect([last.length, large.length]).toEqual([0, 0]);
  });

  it("leaves earlier pieces alone", () => {
    const large = Buffer.allocUnsafeSlow(100_000);

    releaseMemory(large.subarray(0, 70_000));

    expect(large).toHaveLength(100_000);
  });

  it("never touches the pool that small buffers share", () => {
    const others = Array.from({ length: 100 }, (_, index) => Buffer.from(`small ${index}`));
    // Fills the pool to its end, wherever it stands now.
    const pooled = Array.from({ length: 2 * Buffer.poolSize }, () => Buffer.allocUnsafe(8));

    for (const piece of pooled) releaseMemory(piece);

    expect(others.map(String)).toEqual(others.map((_, index) => `small ${index}`));
    expect(Buffer.from("still works").toString()).toBe("still works");
  });
});
