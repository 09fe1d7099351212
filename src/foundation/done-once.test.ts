import { describe, expect, it } from "vitest";
import { doneOnce } from "./done-once.ts";

describe("doneOnce()", () => {
  it("does the work once for all who ask, and not before", async () => {
    let count = 0;
    const ask = doneOnce(() => Promise.resolve(++count));

    expect(count).toBe(0);
    expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
    expect(await ask()).toBe(1);
  });

  it("gives a failure to all who waited, and tries again for the next", async () => {
    let count = 0;
    const ask = doneOnce(() => (++count === 1 ? Promise.reject(new Error("no room")) : Promise.resolve(count)));

    const outcomes = await Promise.allSettled([ask(), ask()]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await ask()).toBe(2);
  });
});
