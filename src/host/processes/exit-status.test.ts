import { describe, expect, it } from "vitest";
import { decodeWaitStatus } from "./exit-status.ts";

describe("decodeWaitStatus()", () => {
  it.each([
    ["an exit with 0", 0x0000, { exitCode: 0 }],
    ["an exit with 255", 0xff00, { exitCode: 255 }],
    ["a kill", 0x0009, { exitCode: 137, signal: 9 }],
    ["a crash with a core dump", 0x008b, { exitCode: 139, signal: 11 }],
  ])("reads %s", (_what, status, exit) => {
    expect(decodeWaitStatus(status)).toEqual(exit);
  });
});
