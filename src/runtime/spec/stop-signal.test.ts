import { describe, expect, it } from "vitest";
import { parseSignal, resolveStopSignal } from "./stop-signal.ts";

describe("resolveStopSignal()", () => {
  it("takes the request's, else the image's, else SIGTERM", () => {
    expect(resolveStopSignal("SIGUSR1", "SIGINT")).toBe(10);
    expect(resolveStopSignal(undefined, "SIGINT")).toBe(2);
    expect(resolveStopSignal(undefined, "")).toBe(15);
    expect(resolveStopSignal(undefined, "SIGNONSENSE")).toBe(15);
  });

  it("refuses a request for a signal that is none", () => {
    expect(() => resolveStopSignal("SIGNONSENSE", "")).toThrowError(expect.objectContaining({ kind: "invalid" }));
  });
});

describe("parseSignal()", () => {
  it.each([
    ["SIGTERM", 15],
    ["term", 15],
    ["9", 9],
    ["SIGCLD", 17],
    ["SIGRTMIN", 34],
    ["SIGRTMIN+3", 37],
    ["RTMAX-1", 63],
    ["0", undefined],
    ["65", undefined],
    ["SIGRTMIN+31", undefined],
    ["", undefined],
    ["SIG", undefined],
    ["toString", undefined],
  ])("%j is %s", (text, number) => {
    expect(parseSignal(text)).toBe(number);
  });
});
