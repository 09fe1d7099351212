import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Fault, isFault, messageOf } from "./fault.ts";

test("Fault.from() keeps a fault as it is", () => {
  const fault = new Fault("busy", "lock x: held");

  expect(Fault.from(fault)).toBe(fault);
});

test.each([
  ["ENOENT", "not-found"],
  ["EPERM", "denied"],
  ["ENOSPC", "exhausted"],
  ["ECONNREFUSED", "unavailable"],
  ["ETIMEDOUT", "timed-out"],
  ["EIO", "broken"],
] as const)("Fault.from() takes %s for %s and keeps the cause", (code, kind) => {
  const error = Object.assign(new Error("open /x"), { code });

  const fault = Fault.from(error);

  expect(fault).toMatchObject({ kind, message: "open /x", cause: error });
});

test("Fault.from() tells an aborted from a timed-out signal", () => {
  expect(Fault.from(AbortSignal.abort().reason).kind).toBe("canceled");
  expect(Fault.from(new DOMException("late", "TimeoutError")).kind).toBe("timed-out");
});

test("Fault.from() gives the reason of a signal that ended one of Node's own waits", async () => {
  const reason = new Fault("timed-out", "act x: no answer within 1s");

  const thrown: unknown = await setTimeout(60_000, undefined, { signal: AbortSignal.abort(reason) }).catch(
    (error: unknown) => error,
  );

  expect(Fault.from(thrown)).toBe(reason);
});

test("Fault.from() wraps what is no error", () => {
  expect(Fault.from("odd")).toMatchObject({ kind: "broken", message: "odd", cause: "odd" });
});

test("Fault.within() names the act and keeps kind, reason and cause", () => {
  const inner = new Fault("not-found", "no such file", { reason: { code: "x.missing", path: "/x" } });

  const outer = Fault.within("read /x", inner);

  expect(outer).toMatchObject({
    kind: "not-found",
    message: "read /x: no such file",
    reason: inner.reason,
    cause: inner,
  });
});

test("isFault() asks for the kind", () => {
  expect(isFault(new Fault("busy", "x"), "busy")).toBe(true);
  expect(isFault(new Fault("busy", "x"), "exists")).toBe(false);
  expect(isFault(new Error("x"), "busy")).toBe(false);
});

test("messageOf() tells of both failures where cleaning up failed too", () => {
  const both = new SuppressedError(new Error("the file is gone"), new Error("the disk is full"));

  expect(messageOf(both)).toBe("the disk is full (and then, while cleaning up: the file is gone)");
});
