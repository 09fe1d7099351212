import { expect, test } from "vitest";
import { joinDocuments, statusDocument } from "./status-document.ts";

test("statusDocument() shows facts that hold JSON as what they are", () => {
  const document = statusDocument({ status: { id: "1" } }, { info: `{"pid": 7}`, sandboxId: `"abc"` });

  expect(document).toEqual({ status: { id: "1" }, info: { pid: 7 }, sandboxId: "abc" });
});

test("statusDocument() refuses a fact that only begins like JSON", () => {
  expect(() => statusDocument({}, { info: "{" })).toThrow(expect.objectContaining({ kind: "broken" }));
});

test("joinDocuments() leaves one document alone", () => {
  expect(joinDocuments([{ a: 1 }])).toEqual({ a: 1 });
  expect(joinDocuments([{ a: 1 }, { a: 2 }])).toEqual([{ a: 1 }, { a: 2 }]);
});
