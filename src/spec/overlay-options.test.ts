import { expect, test } from "vitest";
import { areOverlayOptions } from "./overlay-options.ts";

test("options that the kernel has, and that agree, are accepted", () => {
  const options = {
    volatile: "off",
    index: "off",
    metacopy: "on",
    redirect_dir: "on",
    xino: "auto",
    nfs_export: "off",
  };

  expect([areOverlayOptions(options), areOverlayOptions({})]).toEqual([true, true]);
});

test.each([
  ["the name of a directory", { lowerdir: "/etc" }],
  ["a name that only objects have", { constructor: "on" }],
  ["a word with another option in it", { xino: "on,upperdir=/etc" }],
  ["no word", { index: true }],
  ["a pair that the kernel refuses", { nfs_export: "on", metacopy: "on" }],
  ["another such pair", { metacopy: "on", redirect_dir: "off" }],
])("%s is refused", (_, options) => {
  expect(areOverlayOptions(options)).toBe(false);
});
