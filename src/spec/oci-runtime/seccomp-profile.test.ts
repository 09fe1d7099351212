import { describe, expect, it } from "vitest";
import { decodeSeccompProfile } from "./seccomp-profile.ts";

describe("decodeSeccompProfile()", () => {
  it("reads the OCI form", () => {
    const profile = decodeSeccompProfile({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 1,
      architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        {
          names: ["clone"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, value: 1, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
        },
      ],
    });

    expect(profile).toEqual({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 1,
      architectures: ["SCMP_ARCH_X86_64"],
      flags: [],
      rules: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        {
          names: ["clone"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, value: 1, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
        },
      ],
    });
  });

  it("reads conditions and single names of the wider form", () => {
    const { rules } = decodeSeccompProfile({
      defaultAction: "SCMP_ACT_KILL",
      syscalls: [
        { name: "mount", action: "SCMP_ACT_ALLOW", args: null, includes: { caps: ["CAP_SYS_ADMIN"] }, excludes: {} },
      ],
    });

    expect(rules).toEqual([
      {
        names: ["mount"],
        action: "SCMP_ACT_ALLOW",
        includes: { caps: ["CAP_SYS_ADMIN"], arches: [] },
        excludes: { caps: [], arches: [] },
      },
    ]);
  });

  it.each([
    ["profile", []],
    ["defaultAction", {}],
    ["defaultAction", { defaultAction: "ALLOW" }],
    ["defaultAction", { defaultAction: "SCMP_ACT_NOTIFY" }],
    ["syscalls", { defaultAction: "SCMP_ACT_ALLOW", syscalls: {} }],
    ["syscalls[0].names", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ action: "SCMP_ACT_ALLOW" }] }],
    [
      "syscalls[0].args[0].index",
      {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["a"], action: "SCMP_ACT_ALLOW", args: [{ index: 6, value: 0, op: "SCMP_CMP_EQ" }] }],
      },
    ],
  ])("names the field %s of a bad profile", (at, value) => {
    expect(() => decodeSeccompProfile(value)).toThrowError(
      expect.objectContaining({ kind: "invalid", reason: { code: "spec.seccomp-profile", at } }),
    );
  });
});
