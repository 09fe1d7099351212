import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { chooseMasks } from "./masks.ts";

const { security } = exampleInput().container;

describe("chooseMasks()", () => {
  it("takes exactly what was asked, an empty list too", () => {
    expect(chooseMasks(security)).toEqual({ maskedPaths: ["/proc/kcore"], readonlyPaths: ["/proc/sys"] });
    expect(chooseMasks({ ...security, maskedPaths: [] })).toEqual({ maskedPaths: [], readonlyPaths: ["/proc/sys"] });
  });

  it("masks nothing in a privileged container", () => {
    expect(chooseMasks({ ...security, isPrivileged: true })).toEqual({ maskedPaths: [], readonlyPaths: [] });
  });
});
