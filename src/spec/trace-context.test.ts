import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeGrpcTraceBin, parseTraceparent } from "./trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

test.each([
  [`00-${traceId}-${spanId}-01`, { traceId, spanId, isSampled: true }],
  [`00-${traceId}-${spanId}-00`, { traceId, spanId, isSampled: false }],
  [`01-${traceId}-${spanId}-03-what-comes-later`, { traceId, spanId, isSampled: true }],
  [`00-${traceId}-${spanId}-01-more`, undefined],
  [`ff-${traceId}-${spanId}-01`, undefined],
  [`00-${"0".repeat(32)}-${spanId}-01`, undefined],
  [`00-${traceId}-${"0".repeat(16)}-01`, undefined],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, undefined],
  ["", undefined],
])("parseTraceparent(%j) is %j", (text, expected) => {
  expect(parseTraceparent(text)).toEqual(expected);
});

function binary(flags: number): Buffer {
  return Buffer.from(`0000${traceId}01${spanId}02${flags.toString(16).padStart(2, "0")}`, "hex");
}

test("decodeGrpcTraceBin() reads the three fields", () => {
  expect(decodeGrpcTraceBin(binary(1))).toEqual({ traceId, spanId, isSampled: true });
  expect(decodeGrpcTraceBin(binary(0))).toEqual({ traceId, spanId, isSampled: false });
});

test("decodeGrpcTraceBin() refuses every truncation, and never throws", () => {
  const whole = binary(1);

  for (let length = 0; length < whole.length; length += 1)
    expect([length, decodeGrpcTraceBin(whole.subarray(0, length))]).toEqual([length, undefined]);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeGrpcTraceBin(bytes)));
});
