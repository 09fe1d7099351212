import { describe, expect, it } from "vitest";
import { cgroupParentOf } from "./cgroup-parent.ts";

const cgroupfs = { cgroupDriver: "cgroupfs", cgroupParent: "/crisp" } as const;
const systemd = { cgroupDriver: "systemd", cgroupParent: "/crisp.slice" } as const;

describe("cgroupParentOf()", () => {
  it("is the node's own where the pod has none", () => {
    expect(cgroupParentOf(cgroupfs, "")).toBe("/crisp");
    expect(cgroupParentOf(systemd, "")).toBe("/crisp.slice");
  });

  it("is the path itself for cgroupfs", () => {
    expect(cgroupParentOf(cgroupfs, "/kubepods/burstable/pod1")).toBe("/kubepods/burstable/pod1");
  });

  it.each(["kubepods-pod1.slice", "/kubepods-pod1.slice", "/kubepods.slice/kubepods-pod1.slice"])(
    "is where systemd has the slice that %s names",
    (asked) => {
      expect(cgroupParentOf(systemd, asked)).toBe("/kubepods.slice/kubepods-pod1.slice");
    },
  );

  it.each([
    [cgroupfs, "kubepods"],
    [cgroupfs, "/a/../../b"],
    [cgroupfs, "/a/"],
    [cgroupfs, "/"],
    [systemd, "/kubepods/pod1"],
    [systemd, "/kubepods.slice/.."],
    [systemd, "/kubepods.slice/a--b.slice"],
  ])("refuses to the driver of %j the parent %s", (options, asked) => {
    expect(() => cgroupParentOf(options, asked)).toThrow(/^linux\.cgroup_parent: must .*, is /);
  });
});
