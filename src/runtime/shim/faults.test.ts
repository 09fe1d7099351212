import { expect, test } from "vitest";
import { Fault, type FaultKind } from "#foundation";
import { faultOfShim, isConnectionLost } from "./faults.ts";

function said(kind: FaultKind, message: string): Fault {
  return new Fault(kind, message, { reason: { code: "wire.ttrpc-status", status: 2 } });
}

test("a command that is missing is told from a broken node by the words of the runtime beneath", () => {
  const words = 'OCI runtime create failed: exec: "/bin/x": stat /bin/x: no such file or directory: unknown';

  expect(faultOfShim("create c", said("broken", words))).toMatchObject({
    kind: "not-found",
    reason: { code: "runtime.command-not-found" },
  });
  expect(faultOfShim("create c", said("broken", "no kernel image"))).toMatchObject({
    kind: "broken",
    message: "create c: no kernel image",
    reason: { code: "runtime.failed" },
  });
});

test("a status that says more than that something failed is kept", () => {
  expect(faultOfShim("create c", said("exhausted", "no memory for a machine"))).toMatchObject({
    kind: "exhausted",
    message: "create c: no memory for a machine",
  });
});

test("nobody at the other end is told from a shim that says that it does not know", () => {
  const lost = new Fault("unavailable", "closed", { reason: { code: "wire.connection-lost" } });
  const noSocket = new Fault("not-found", "connect to /s", { reason: { code: "host.system-call" } });

  expect([lost, noSocket, said("not-found", "container x"), said("unavailable", "busy")].map(isConnectionLost)).toEqual(
    [true, true, false, false],
  );
});
