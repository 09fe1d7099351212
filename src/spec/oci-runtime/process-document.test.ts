import { describe, expect, it } from "vitest";
import { decodeProcessOfSpec } from "./process-document.ts";

describe("decodeProcessOfSpec()", () => {
  it("keeps numbers that JavaScript would change", () => {
    const text = '{"process":{"args":["a"],"rlimits":[{"hard":18446744073709551615}]}}';

    const written = JSON.stringify({ ...decodeProcessOfSpec(text), args: ["b"] });

    expect(written).toBe('{"args":["b"],"rlimits":[{"hard":18446744073709551615}]}');
  });

  it.each(["", "{}", "[]", '{"process":1}'])("refuses %j", (text) => {
    expect(() => decodeProcessOfSpec(text)).toThrowError(expect.objectContaining({ kind: "invalid" }));
  });
});
