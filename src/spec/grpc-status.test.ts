import { expect, test } from "vitest";
import { grpcCodeOfKind, kindOfGrpcCode } from "./grpc-status.ts";

test("grpcCodeOfKind gives each kind a code of its own", () => {
  const codes = Object.values(grpcCodeOfKind);

  expect(new Set(codes).size).toBe(codes.length);
});

test.each(Object.entries(grpcCodeOfKind))("kindOfGrpcCode() reads %s back", (kind, code) => {
  expect(kindOfGrpcCode(code)).toBe(kind);
});

test.each([
  [2, "broken"],
  [11, "invalid"],
  [15, "broken"],
  [16, "denied"],
  [99, "broken"],
])("kindOfGrpcCode() takes code %i of other servers as %s", (code, kind) => {
  expect(kindOfGrpcCode(code)).toBe(kind);
});
