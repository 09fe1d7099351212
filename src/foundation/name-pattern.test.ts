import { describe, expect, it } from "vitest";
import { namePattern } from "./name-pattern.ts";

describe("namePattern()", () => {
  it.each([
    ["a.b", "a.b", true],
    ["a.b", "axb", false],
    ["a*", "a", true],
    ["a*", "a/b\nc", true],
    ["a*", "ba", false],
    ["*a*", "bab", true],
    ["a*c", "ab", false],
    ["(a|b)", "a", false],
  ])("%j matches %j: %j", (pattern, name, doesMatch) => {
    expect(namePattern(pattern)(name)).toBe(doesMatch);
  });
});
