import { describe, expect, it } from "vitest";
import { buildLogWriter } from "./program.ts";
import { decodeState, encodeNewState, place } from "./state.ts";

describe("buildLogWriter()", () => {
  it.each(["amd64", "arm64"] as const)("is less than a page long, on %s", (architecture) => {
    const file = buildLogWriter(architecture);

    expect(file.length).toBeGreaterThan(1_000);
    expect(file.length).toBeLessThan(4_096);
  });
});

describe("the memory of a log writer", () => {
  it("begins with nothing held, and nothing told", () => {
    const state = encodeNewState({ waitMs: 60_000 });

    expect(state.readBigInt64LE(place.patience)).toBe(600n);
    expect(state.length % 4_096).toBe(0);
    expect(decodeState(state)).toEqual({
      lostBytes: 0,
      isDone: false,
      isWaiting: false,
      isDropping: false,
      reopens: 0,
      reopenErrno: 0,
    });
  });

  it("tells what was lost, and what came of a reopening", () => {
    const state = encodeNewState({ waitMs: 0 });
    for (const [at, value] of [
      [place.lost, 12n],
      [place.isDone, 1n],
      [place.reopens, 2n],
      [place.opened, -28n],
    ] as const)
      state.writeBigInt64LE(value, at);

    expect(decodeState(state)).toMatchObject({ lostBytes: 12, isDone: true, reopens: 2, reopenErrno: 28 });
  });

  it.each([
    ["takes what it is given", 0n, { isWaiting: false, isDropping: false }],
    ["has taken nothing for a second", 10n, { isWaiting: true, isDropping: false }],
    ["has taken nothing for longer than it is waited for", 601n, { isWaiting: false, isDropping: true }],
  ])("tells that its disk %s", (_name, failures, told) => {
    const state = encodeNewState({ waitMs: 60_000 });
    state.writeBigInt64LE(failures, place.failures);

    expect(decodeState(state)).toMatchObject(told);
  });

  it("is none when it is cut short", () => {
    expect(decodeState(encodeNewState({ waitMs: 0 }).subarray(1))).toBeUndefined();
  });
});
