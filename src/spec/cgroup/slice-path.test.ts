import { describe, expect, it } from "vitest";
import { slicePath } from "./slice-path.ts";

describe("slicePath()", () => {
  it.each([
    ["-.slice", "/"],
    ["crisp.slice", "/crisp.slice"],
    [
      "kubepods-burstable-pod12ab_34.slice",
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12ab_34.slice",
    ],
    ["a\\x2db-c.slice", "/a\\x2db.slice/a\\x2db-c.slice"],
  ])("finds %s at %s", (name, path) => {
    expect(slicePath(name)).toBe(path);
  });

  it.each(["", ".slice", "kubepods", "a--b.slice", "-a.slice", "a-.slice", "a/b.slice", "a b.slice"])(
    "knows no slice %j",
    (name) => {
      expect(slicePath(name)).toBeUndefined();
    },
  );
});
