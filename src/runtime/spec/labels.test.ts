import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { chooseLabels } from "./labels.ts";

const { security } = exampleInput().container;
const bare = { hasApparmor: false, hasSelinux: false };
const full = { hasApparmor: true, hasSelinux: true };
const selinux = { user: "system_u", role: "system_r", type: "container_t", level: "s0:c1,c2" };

describe("chooseLabels()", () => {
  it("says nothing when nothing is asked, or when it means nothing here", () => {
    expect(chooseLabels(security, full)).toEqual({});
    expect(chooseLabels({ ...security, apparmor: { kind: "runtime-default" } }, bare)).toEqual({});
    expect(chooseLabels({ ...security, apparmor: { kind: "unconfined" } }, bare)).toEqual({});
    expect(chooseLabels({ ...security, selinux: { user: "", role: "", type: "", level: "" } }, bare)).toEqual({});
  });

  it("hands profile and labels on where the machine has both", () => {
    const asked = { ...security, apparmor: { kind: "localhost", ref: "tight" } as const, selinux };

    expect(chooseLabels(asked, full)).toEqual({
      apparmorProfile: "tight",
      selinuxLabel: "system_u:system_r:container_t:s0:c1,c2",
      mountLabel: "system_u:object_r:container_file_t:s0:c1,c2",
    });
  });

  it.each([
    ["apparmor", { ...security, apparmor: { kind: "localhost", ref: "tight" } as const }],
    ["selinux_options", { ...security, selinux }],
  ])("refuses %s where the machine has none", (field, asked) => {
    expect(() => chooseLabels(asked, bare)).toThrowError(
      expect.objectContaining({ kind: "unsupported", reason: { code: "runtime.unsupported-field", field } }),
    );
  });
});
