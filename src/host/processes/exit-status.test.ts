import { describe, expect, it } from "vitest";
import { decodeChildEnd } from "./exit-status.ts";

describe("decodeChildEnd()", () => {
  it.each([
    ["an exit with 0", { code: 1, status: 0 }, { exitCode: 0 }],
    ["an exit with 255", { code: 1, status: 255 }, { exitCode: 255 }],
    ["a kill", { code: 2, status: 9 }, { exitCode: 137, signal: 9 }],
    ["a crash with a core dump", { code: 3, status: 11 }, { exitCode: 139, signal: 11 }],
  ])("reads %s", (_what, end, exit) => {
    expect(decodeChildEnd(end)).toEqual(exit);
  });
});
