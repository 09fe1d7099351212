import { describe, expect, it } from "vitest";
import { buildPauseProgram } from "./program.ts";

const headersBytes = 120;

describe("buildPauseProgram()", () => {
  it.each([
    ["amd64", 62, 0x1000n],
    ["arm64", 183, 0x1_0000n],
  ] as const)("builds one loadable segment for %s that holds the whole file", (architecture, machine, align) => {
    const file = Buffer.from(buildPauseProgram(architecture));

    expect(file.subarray(0, 6)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
    expect(file.readUInt16LE(18)).toBe(machine);
    expect(file.readBigUInt64LE(24)).toBe(0x40_0000n + BigInt(headersBytes));
    expect(file.readBigUInt64LE(64 + 32)).toBe(BigInt(file.length));
    expect(file.readBigUInt64LE(64 + 48)).toBe(align);
  });

  it("points at an action that ignores SIGCHLD, on amd64", () => {
    const file = Buffer.from(buildPauseProgram("amd64"));
    const afterLea = headersBytes + 17;

    const action = afterLea + file.readInt32LE(afterLea - 4);

    expect(action).toBe(file.length - 32);
    expect(file.readBigUInt64LE(action)).toBe(1n);
  });

  it("points at an action that ignores SIGCHLD, on arm64", () => {
    const file = Buffer.from(buildPauseProgram("arm64"));
    const adr = headersBytes + 8;

    const action = adr + (file.readUInt32LE(adr) >>> 5) * 4 - (0x1000_0000 >>> 5) * 4;

    expect(action).toBe(file.length - 32);
    expect(action % 8).toBe(0);
    expect(file.readBigUInt64LE(action)).toBe(1n);
  });
});
