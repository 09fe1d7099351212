import { expect, test } from "vitest";
import { DetachKeys } from "./detach-keys.ts";

function type(...pieces: readonly string[]): { readonly passed: string; readonly isDetached: boolean } {
  const keys = new DetachKeys();
  const results = pieces.map((piece) => keys.push(Buffer.from(piece)));
  return {
    passed: results.map(({ passed }) => passed.toString()).join(""),
    isDetached: results.some(({ isDetached }) => isDetached),
  };
}

test.each([
  [["ls\n"], "ls\n"],
  [["\x10", "a"], "\x10a"],
  [["\x11"], "\x11"],
  [["\x10\x10\x10b"], "\x10\x10\x10b"],
])("DetachKeys passes on what is no farewell: %j", (pieces, passed) => {
  expect(type(...pieces)).toEqual({ passed, isDetached: false });
});

test.each([[["\x10\x11"]], [["\x10", "\x11"]], [["a\x10", "\x11b"]], [["\x10\x10\x11"]]])(
  "DetachKeys knows Ctrl-P Ctrl-Q: %j",
  (pieces) => {
    expect(type(...pieces).isDetached).toBe(true);
  },
);
