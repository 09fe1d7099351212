import { expect, test } from "vitest";
import { parsePairs, parsePattern } from "./labels.ts";

test("parsePairs() reads pairs, and a value may hold equal signs", () => {
  expect(parsePairs("label", ["a=b", "c=d=e", "f="])).toEqual({ a: "b", c: "d=e", f: "" });
});

test.each(["a", "=b", ""])("parsePairs() refuses %j", (pair) => {
  expect(() => parsePairs("label", [pair])).toThrow(expect.objectContaining({ kind: "invalid" }));
});

test("parsePattern() refuses what is no regular expression", () => {
  expect(() => parsePattern("(")).toThrow(expect.objectContaining({ kind: "invalid" }));
});
