import { expect, test } from "vitest";
import { decodeProcessStatus } from "./process-status.ts";

const decode = (document: unknown): unknown => decodeProcessStatus(Buffer.from(JSON.stringify(document)));

test("decodeProcessStatus() tells success, an exit code and a failure apart", () => {
  const failure = { status: "Failure", reason: "NonZeroExitCode", message: "exit status 7" };

  expect([
    decode({ metadata: {}, status: "Success" }),
    decode({ ...failure, details: { causes: [{ reason: "ExitCode", message: "7" }] } }),
    decode({ status: "Failure", reason: "InternalError", message: "it does not run", code: 500 }),
  ]).toEqual([
    { kind: "exited", exitCode: 0 },
    { kind: "exited", exitCode: 7 },
    { kind: "failed", message: "it does not run" },
  ]);
});

test.each([[[]], ["text"], [{ details: [] }], [{ details: { causes: [7] } }], [{ message: 7 }]])(
  "decodeProcessStatus() refuses %j",
  (document) => {
    expect(() => decode(document)).toThrow(expect.objectContaining({ kind: "invalid" }));
  },
);
