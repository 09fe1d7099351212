import { expect, test } from "vitest";
import { Fault, type FaultKind } from "#foundation";
import { faultOfCall, faultOfShim, isConnectionLost } from "./faults.ts";
import { normalizeShimOptions } from "./options.ts";

function said(kind: FaultKind, message: string): Fault {
  return new Fault(kind, message, { reason: { code: "wire.ttrpc-status", status: 2 } });
}

const kata = { settings: { ...normalizeShimOptions({ handler: "kata", shimPath: "/kata", root: "/r" }) } };

test("a command that is missing is told from a broken node by the words of the runtime beneath", () => {
  const words = 'OCI runtime create failed: exec: "/bin/x": stat /bin/x: no such file or directory: unknown';

  expect(faultOfShim(kata, "create c", said("broken", words))).toMatchObject({
    kind: "not-found",
    reason: { code: "runtime.command-not-found" },
  });
  expect(faultOfShim(kata, "create c", said("broken", "no kernel image"))).toMatchObject({
    kind: "broken",
    message: "create c: handler kata: no kernel image",
    reason: { code: "runtime.failed" },
  });
});

test("a status that says more than that something failed is kept", () => {
  expect(faultOfShim(kata, "create c", said("exhausted", "no memory for a machine"))).toMatchObject({
    kind: "exhausted",
    message: "create c: handler kata: no memory for a machine",
  });
});

test("nobody at the other end is told from a shim that says that it does not know", () => {
  const lost = new Fault("unavailable", "closed", { reason: { code: "wire.connection-lost" } });
  const noSocket = new Fault("not-found", "connect to /s", { reason: { code: "host.system-call" } });

  expect([lost, noSocket, said("not-found", "container x"), said("unavailable", "busy")].map(isConnectionLost)).toEqual(
    [true, true, false, false],
  );
});

test("a call that failed is named, and stays what it was", () => {
  const lost = new Fault("unavailable", "closed", { reason: { code: "wire.connection-lost" } });

  expect(faultOfCall("Create", said("exists", "container c: exists"))).toMatchObject({
    kind: "exists",
    message: "the shim's Create: container c: exists",
    reason: { code: "wire.ttrpc-status" },
  });
  expect(faultOfCall("Create", lost).message).toBe(
    "the shim ended, or closed its connection, before it answered Create",
  );
  expect(isConnectionLost(faultOfCall("Create", lost))).toBe(true);
});
