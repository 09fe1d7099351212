import { describe, expect, it } from "vitest";
import { assertCgroupPath, lineageOf, parentOf } from "./cgroup-path.ts";

describe("assertCgroupPath()", () => {
  it.each(["/a", "/kubepods/burstable/pod1", "/a.slice/b:c:d"])("accepts %s", (path) => {
    expect(() => assertCgroupPath(path)).not.toThrow();
  });

  it.each(["", "/", "a", "//", "/a/", "/a//b", "/..", "/a/./b", "/a\0"])("refuses %j", (path) => {
    expect(() => assertCgroupPath(path)).toThrow("not a path below the root of the tree");
  });
});

describe("lineageOf() and parentOf()", () => {
  it("lead from the root to the cgroup and back", () => {
    expect(lineageOf("/a/b/c")).toEqual(["/a", "/a/b", "/a/b/c"]);
    expect([parentOf("/a/b"), parentOf("/a")]).toEqual(["/a", undefined]);
  });
});
