import { expect, test } from "vitest";
import { formatTable } from "./table.ts";

test("formatTable() makes columns as wide as their widest cell", () => {
  const rows = [
    ["ID", "NAME"],
    ["0123456789012345678901", "a"],
  ];

  expect(formatTable(rows)).toBe("ID                       NAME\n0123456789012345678901   a\n");
});

test("formatTable() keeps narrow columns at a common width and leaves the last one alone", () => {
  expect(formatTable([["A", "B", "C"]])).toBe(`A${" ".repeat(19)}B${" ".repeat(19)}C\n`);
});

test("formatTable() counts characters, not units", () => {
  expect(formatTable([["🐋", "x"]], 1)).toBe("🐋   x\n");
});
