import { describe, expect, it } from "vitest";
import { decodeSeccompProfile } from "#spec";
import { exampleInput } from "../fake/example-input.ts";
import { chooseSeccomp, type SeccompInput } from "./seccomp.ts";

const input: SeccompInput = {
  security: exampleInput().container.security,
  hasSeccomp: true,
  localhost: undefined,
  target: { architecture: "amd64", kernelRelease: "6.1.0", capabilities: ["CAP_CHOWN"] },
};
const named = { isPrivileged: false, seccomp: { kind: "localhost", ref: "/profiles/tight.json" } } as const;

describe("chooseSeccomp()", () => {
  it("gives the default profile for the machine's architecture", () => {
    expect(chooseSeccomp(input)).toMatchObject({
      defaultAction: "SCMP_ACT_ERRNO",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    });
  });

  it("gives none when unconfined, or privileged", () => {
    expect(
      chooseSeccomp({ ...input, security: { isPrivileged: false, seccomp: { kind: "unconfined" } } }),
    ).toBeUndefined();
    expect(chooseSeccomp({ ...input, security: { ...named, isPrivileged: true } })).toBeUndefined();
  });

  it("gives the profile that was named", () => {
    const localhost = decodeSeccompProfile({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO" }],
    });

    expect(chooseSeccomp({ ...input, security: named, localhost })).toEqual({
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO" }],
    });
  });

  it("does without where the kernel has none, unless a profile is named", () => {
    expect(chooseSeccomp({ ...input, hasSeccomp: false })).toBeUndefined();
    expect(() => chooseSeccomp({ ...input, security: named, hasSeccomp: false })).toThrowError(
      expect.objectContaining({ kind: "unsupported" }),
    );
  });
});
