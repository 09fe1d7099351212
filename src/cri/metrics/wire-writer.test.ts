import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MetricSchema, UInt64ValueSchema } from "#proto/cri/v1/runtime_pb.js";
import { lengthOfNumber, numberOf, WireWriter } from "./wire-writer.ts";

test("numbers are written as protobuf writes them, whatever their size", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (value) => {
      const bytes = new WireWriter().number(1, value).take();

      expect(Buffer.from(bytes)).toEqual(
        Buffer.from(toBinary(UInt64ValueSchema, create(UInt64ValueSchema, { value }))),
      );
      expect(Buffer.from(new WireWriter().number(1, numberOf(value)).take())).toEqual(Buffer.from(bytes));
      expect([lengthOfNumber(value), lengthOfNumber(numberOf(value))]).toEqual([bytes.length, bytes.length]);
    }),
    { examples: Array.from({ length: 64 }, (_, bits) => [2n ** BigInt(bits + 1) - 1n]) },
  );
});

test("fields follow each other, and messages hold what was taken before", () => {
  const writer = new WireWriter();
  const value = writer.number(1, 7).take();

  const bytes = writer.text(1, "name").text(4, "wörd").text(4, "").open(5, value.length).raw(value).take();

  expect(fromBinary(MetricSchema, bytes)).toMatchObject({
    name: "name",
    labelValues: ["wörd", ""],
    value: { value: 7n },
  });
});

test("what was taken stays as it is when more is written than a chunk holds", () => {
  const writer = new WireWriter();
  const first = writer.text(1, "first").take();
  const long = "x".repeat(200_000);

  const second = writer.text(1, "second").text(4, long).take();

  expect(fromBinary(MetricSchema, first).name).toBe("first");
  expect(fromBinary(MetricSchema, second)).toMatchObject({ name: "second", labelValues: [long] });
});
