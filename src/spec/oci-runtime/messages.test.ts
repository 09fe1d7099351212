import { describe, expect, it } from "vitest";
import { decodeMonitorMessage, decodeProcessIdentity, describeRuntimeError } from "./messages.ts";

describe("describeRuntimeError()", () => {
  it("takes the message out of a JSON log", () => {
    const stderr = [
      '{"level":"warning","msg":"unable to do this","time":"2026-01-01T00:00:00Z"}',
      '{"level":"error","msg":"runc create failed: exec: \\"nosuch\\": executable file not found in $PATH"}',
    ].join("\n");

    expect(describeRuntimeError(stderr)).toBe('runc create failed: exec: "nosuch": executable file not found in $PATH');
  });

  it("gives text that is no log as it is", () => {
    expect(describeRuntimeError("panic: out of luck\n\ngoroutine 1\n")).toBe("panic: out of luck; goroutine 1");
    expect(describeRuntimeError("")).toBe("");
  });
});

describe("decodeMonitorMessage()", () => {
  it("reads a pid, and a failure with its reason", () => {
    expect(decodeMonitorMessage('{"data": 123}')).toEqual({ data: 123, message: "" });
    expect(decodeMonitorMessage('{"data": -1, "message": "no"}')).toEqual({ data: -1, message: "no" });
  });

  it.each(["", "{}", '{"pid": 1}', '{"data": "1"}', '{"data": 1.5}'])("refuses %j", (line) => {
    expect(decodeMonitorMessage(line)).toBeUndefined();
  });
});

describe("decodeProcessIdentity()", () => {
  it("reads back an identity", () => {
    expect(decodeProcessIdentity('{"pid":5,"startTicks":"77"}')).toEqual({ pid: 5, startTicks: 77n });
  });

  it.each(["", "{}", '{"pid":0,"startTicks":"1"}', '{"pid":5,"startTicks":1}', '{"pid":5,"startTicks":"x"}'])(
    "refuses %j",
    (text) => {
      expect(decodeProcessIdentity(text)).toBeUndefined();
    },
  );
});
