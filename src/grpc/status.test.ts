import { status as grpcStatus } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { Fault, type FaultKind } from "#foundation";
import { statusOf } from "./status.ts";

test.each([
  ["invalid", grpcStatus.INVALID_ARGUMENT],
  ["not-found", grpcStatus.NOT_FOUND],
  ["exists", grpcStatus.ALREADY_EXISTS],
  ["wrong-state", grpcStatus.FAILED_PRECONDITION],
  ["busy", grpcStatus.ABORTED],
  ["exhausted", grpcStatus.RESOURCE_EXHAUSTED],
  ["unavailable", grpcStatus.UNAVAILABLE],
  ["denied", grpcStatus.PERMISSION_DENIED],
  ["unsupported", grpcStatus.UNIMPLEMENTED],
  ["canceled", grpcStatus.CANCELLED],
  ["timed-out", grpcStatus.DEADLINE_EXCEEDED],
  ["broken", grpcStatus.INTERNAL],
] satisfies [FaultKind, grpcStatus][])("statusOf() answers a fault that is %s with its own code", (kind, code) => {
  expect(statusOf(new Fault(kind, "act: value"))).toMatchObject({ code, details: "act: value" });
});

test("statusOf() tells the message of a foreign error", () => {
  expect(statusOf(new TypeError("x is not a function"))).toMatchObject({
    code: grpcStatus.INTERNAL,
    details: "x is not a function",
  });
});
