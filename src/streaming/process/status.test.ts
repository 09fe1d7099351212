import { expect, test } from "vitest";
import { Fault } from "#foundation";
import type { ProcessEnd } from "#spec";
import { formatEnd } from "./status.ts";

const success: ProcessEnd = { kind: "exited", exitCode: 0 };
const failure: ProcessEnd = { kind: "exited", exitCode: 42 };
const broken: ProcessEnd = { kind: "failed", fault: new Fault("wrong-state", "container c: it does not run") };

test("formatEnd() tells success, an exit code and a failure as documents", () => {
  expect([success, failure, broken].map((end) => JSON.parse(formatEnd(end, true)) as unknown)).toEqual([
    { metadata: {}, status: "Success" },
    {
      metadata: {},
      status: "Failure",
      reason: "NonZeroExitCode",
      message: expect.stringContaining("42") as unknown,
      details: { causes: [{ reason: "ExitCode", message: "42" }] },
    },
    { metadata: {}, status: "Failure", reason: "InternalError", code: 500, message: "container c: it does not run" },
  ]);
});

test("formatEnd() tells old clients a text, and nothing on success", () => {
  expect([success, failure, broken].map((end) => formatEnd(end, false))).toEqual([
    "",
    "command terminated with non-zero exit code: exit status 42",
    "container c: it does not run",
  ]);
});
