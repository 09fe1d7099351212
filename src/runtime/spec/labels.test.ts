import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { chooseLabels } from "./labels.ts";

const { security } = exampleInput().container;
const bare = { hasApparmor: false, defaultApparmor: undefined, hasSelinux: false };
const full = { hasApparmor: true, defaultApparmor: "crisp-default", hasSelinux: true };
const selinux = { user: "system_u", role: "system_r", type: "container_t", level: "s0:c1,c2" };

describe("chooseLabels()", () => {
  it("says nothing when nothing is asked, or when it means nothing here", () => {
    expect(chooseLabels(security, bare)).toEqual({});
    expect(chooseLabels({ ...security, apparmor: { kind: "runtime-default" } }, bare)).toEqual({});
    expect(chooseLabels({ ...security, apparmor: { kind: "unconfined" } }, bare)).toEqual({});
    expect(chooseLabels({ ...security, selinux: { user: "", role: "", type: "", level: "" } }, bare)).toEqual({});
  });

  it("gives the default profile to all but the privileged, and the unconfined", () => {
    const byName = { ...security, apparmor: { kind: "runtime-default" } } as const;
    const unconfined = { ...security, apparmor: { kind: "unconfined" } } as const;

    expect(chooseLabels(security, full)).toEqual({ apparmorProfile: "crisp-default" });
    expect(chooseLabels(byName, full)).toEqual({ apparmorProfile: "crisp-default" });
    expect(chooseLabels({ ...byName, isPrivileged: true }, full)).toEqual({});
    expect(chooseLabels(unconfined, full)).toEqual({ apparmorProfile: "unconfined" });
  });

  it("refuses the default profile by name only, where it could not be loaded", () => {
    const unable = { ...full, defaultApparmor: undefined };

    expect(chooseLabels(security, unable)).toEqual({});
    expect(() => chooseLabels({ ...security, apparmor: { kind: "runtime-default" } }, unable)).toThrow(
      "apparmor: crispd could not load its default profile",
    );
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
