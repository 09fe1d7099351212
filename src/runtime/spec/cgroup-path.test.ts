import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { formatCgroupsPath, locateCgroup } from "./cgroup-path.ts";

const place = exampleInput().cgroup;

describe("formatCgroupsPath()", () => {
  it("gives the path itself for cgroupfs", () => {
    expect(formatCgroupsPath(place)).toBe("/pods/abc");
  });

  it("gives slice, prefix and name for systemd", () => {
    const path = "/kubepods.slice/kubepods-pod1.slice/crisp-abc.scope";

    expect(formatCgroupsPath({ ...place, driver: "systemd", path })).toBe("kubepods-pod1.slice:crisp:abc");
  });

  it("refuses a path that systemd has no word for", () => {
    expect(() => formatCgroupsPath({ ...place, driver: "systemd" })).toThrowError(
      expect.objectContaining({ kind: "invalid" }),
    );
  });
});

describe("locateCgroup()", () => {
  it("finds the cgroup that was named, in either form", () => {
    const path = "/kubepods.slice/kubepods-pod1.slice/crisp-abc.scope";

    expect(locateCgroup(formatCgroupsPath({ ...place, driver: "systemd", path }))).toBe(path);
    expect(locateCgroup("/pods/abc")).toBe("/pods/abc");
  });

  it.each(["", "pods", "a.slice:b", "a:b:c"])("knows no cgroup %j", (cgroupsPath) => {
    expect(locateCgroup(cgroupsPath)).toBeUndefined();
  });
});
