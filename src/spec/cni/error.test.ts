import { describe, expect, it } from "vitest";
import { decodeCniError } from "./error.ts";

describe("decodeCniError()", () => {
  it("decodes what a plugin says", () => {
    expect(decodeCniError('{"cniVersion":"1.0.0","code":11,"msg":"busy","details":"later"}\n')).toEqual({
      code: 11,
      message: "busy",
      details: "later",
    });
  });

  it("takes an error without code or details", () => {
    expect(decodeCniError('{"msg":"no"}')).toEqual({ code: 0, message: "no", details: "" });
  });

  it.each(["", "panic: nil map", "{", "[]", "{}", '{"cniVersion":"1.0.0"}'])("finds no error in %j", (text) => {
    expect(decodeCniError(text)).toBeUndefined();
  });
});
