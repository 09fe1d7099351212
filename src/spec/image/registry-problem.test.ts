import { describe, expect, it } from "vitest";
import { decodeRegistryProblem } from "./registry-problem.ts";

describe("decodeRegistryProblem()", () => {
  it.each([
    ['{"errors":[{"code":"DENIED","message":"no \\u001b[31m way"}]}', "DENIED: no ?[31m way"],
    ['{"errors":[{"code":"DENIED"}]}', "DENIED"],
    ['{"errors":[]}', ""],
    ['{"errors":[{"code":1}]}', ""],
    ["<html>", ""],
    ["", ""],
  ])("reads %s as %j", (text, problem) => {
    expect(decodeRegistryProblem(Buffer.from(text))).toBe(problem);
  });

  it("takes no more than a line", () => {
    const text = JSON.stringify({ errors: [{ message: "x".repeat(1000) }] });

    expect(decodeRegistryProblem(Buffer.from(text))).toHaveLength(200);
  });
});
