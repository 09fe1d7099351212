import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { CallOptions } from "#client";
import { type ExecSyncRequestSchema, ExecSyncResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const id = "a".repeat(64);

interface Asked {
  readonly request?: MessageInitShape<typeof ExecSyncRequestSchema>;
  readonly options?: CallOptions | undefined;
}

async function exec(...args: readonly string[]): Promise<FakeRun & { readonly asked: Asked }> {
  let asked: Asked = {};
  const run = await runCrisp(["exec", ...args], {
    execSync: async (request, options) => {
      asked = { request, options };
      return create(ExecSyncResponseSchema, {
        stdout: Buffer.from("out\n"),
        stderr: Buffer.from("err\n"),
        exitCode: 7,
      });
    },
  });
  return { ...run, asked };
}

test("crisp exec -s keeps the two outputs apart and gives the command's exit code", async () => {
  const { out, err, exitCode, failure } = await exec("-s", id, "ls");

  expect(failure).toBeUndefined();
  expect({ out, err, exitCode }).toEqual({ out: "out\n", err: "err\n", exitCode: 7 });
});

test("crisp exec -s leaves the command's own flags to it", async () => {
  const { asked } = await exec("-s", "--timeout", "3", id, "ls", "-l", "--timeout", "x");

  expect(asked.request).toEqual({ containerId: id, cmd: ["ls", "-l", "--timeout", "x"], timeout: 3n });
  expect(asked.options?.timeoutMs).toBeGreaterThan(3_000);
});

test("crisp exec -s without a timeout waits as long as it takes", async () => {
  expect((await exec("-s", id, "ls")).asked.options?.timeoutMs).toBe(0);
});

test("crisp exec without -s says what to use", async () => {
  expect((await exec("-it", id, "sh")).failure).toMatchObject({
    kind: "unsupported",
    message: "streaming exec is not built yet; use crisp exec --sync",
  });
});
