import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCniObject } from "./json.ts";

describe("parseCniObject()", () => {
  it("keeps every JSON object as it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (object) => {
        const text = JSON.stringify(object);

        expect(JSON.stringify(parseCniObject(text, "x"))).toBe(text);
      }),
    );
  });

  it("keeps numbers that JavaScript would change as they were written", () => {
    const text = '{"burst":18446744073709551615,"ratio":1.0,"list":[1e3]}';

    expect(JSON.stringify(parseCniObject(text, "x"))).toBe(text);
  });

  it.each(["", "[]", "null", "3", '"x"', '{"a":'])("refuses %j, which is not an object", (text) => {
    expect(() => parseCniObject(text, "10-x.conf")).toThrow(/^10-x\.conf: not (JSON|a JSON object)/);
  });

  it("refuses nesting deeper than 64 levels without parsing it", () => {
    const nested = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

    expect(() => parseCniObject(nested(64), "x")).not.toThrow();
    expect(() => parseCniObject(nested(65), "x")).toThrow("x: nested deeper than 64 levels");
    expect(() => parseCniObject(`{"a":"${"[".repeat(100)}\\"${"{".repeat(100)}"}`, "x")).not.toThrow();
  });

  it("refuses more than 1 MiB", () => {
    expect(() => parseCniObject(`{"a":"${"x".repeat(1_048_576)}"}`, "x")).toThrow("x: longer than 1048576 characters");
  });
});
