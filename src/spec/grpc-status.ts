import type { FaultKind } from "#foundation";

/**
 * The gRPC code of each kind of fault: the one table for the server, which
 * answers with it, and for clients, which read it backwards.
 *
 * @see https://github.com/grpc/grpc/blob/v1.76.0/doc/statuscodes.md
 */
export const grpcCodeOfKind: Readonly<Record<FaultKind, number>> = {
  canceled: 1,
  invalid: 3,
  "timed-out": 4,
  "not-found": 5,
  exists: 6,
  denied: 7,
  exhausted: 8,
  "wrong-state": 9,
  busy: 10,
  unsupported: 12,
  broken: 13,
  unavailable: 14,
};

/** The names that gRPC gives its codes, as far as kinds become them. */
const nameOfKind: Readonly<Record<FaultKind, string>> = {
  canceled: "CANCELLED",
  invalid: "INVALID_ARGUMENT",
  "timed-out": "DEADLINE_EXCEEDED",
  "not-found": "NOT_FOUND",
  exists: "ALREADY_EXISTS",
  denied: "PERMISSION_DENIED",
  exhausted: "RESOURCE_EXHAUSTED",
  "wrong-state": "FAILED_PRECONDITION",
  busy: "ABORTED",
  unsupported: "UNIMPLEMENTED",
  broken: "INTERNAL",
  unavailable: "UNAVAILABLE",
};

/** The name of the gRPC code of a kind: `NOT_FOUND`. */
export function grpcCodeNameOfKind(kind: FaultKind): string {
  return nameOfKind[kind];
}

/** Codes that other servers send and crisp never does, as the nearest kind. */
const kindOfForeignCode: ReadonlyMap<number, FaultKind> = new Map([
  [2, "broken"], // UNKNOWN: what a Go server says of any error that it did not map
  [11, "invalid"], // OUT_OF_RANGE
  [15, "broken"], // DATA_LOSS
  [16, "denied"], // UNAUTHENTICATED
]);

const kindOfCode: ReadonlyMap<number, FaultKind> = new Map([
  ...(Object.entries(grpcCodeOfKind) as [FaultKind, number][]).map(([kind, code]) => [code, kind] as const),
  ...kindOfForeignCode,
]);

/** The kind of fault that a gRPC code other than OK means; `broken` for a number that is no code. */
export function kindOfGrpcCode(code: number): FaultKind {
  return kindOfCode.get(code) ?? "broken";
}
