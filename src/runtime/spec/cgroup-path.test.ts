import { describe, expect, it, test } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { formatCgroupsPath, parseCgroupsPath } from "./cgroup-path.ts";

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

test.each(["/kubepods/pod1/crisp-1a2b", "/kubepods.slice/kubepods-pod1.slice/crisp-1a2b.scope"])(
  "parseCgroupsPath() takes %s back",
  (path) => {
    const driver = path.includes(".slice") ? "systemd" : "cgroupfs";

    expect(parseCgroupsPath(formatCgroupsPath({ ...place, driver, path }))).toBe(path);
  },
);
