import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { CallOptions } from "#client";
import { Fault } from "#foundation";
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

test("crisp exec asks for the streams that its flags mean", async () => {
  const asked: unknown[] = [];
  const exec = (request: unknown): Promise<never> => {
    asked.push(request);
    return Promise.reject(new Fault("wrong-state", "it does not run"));
  };

  await runCrisp(["exec", id, "ls"], { exec });
  const { failure } = await runCrisp(["exec", "-it", id, "sh", "-i"], { exec });

  expect(asked).toEqual([
    { containerId: id, cmd: ["ls"], tty: false, stdin: false, stdout: true, stderr: true },
    { containerId: id, cmd: ["sh", "-i"], tty: true, stdin: true, stdout: true, stderr: false },
  ]);
  expect(failure).toMatchObject({ kind: "wrong-state" });
});

test("crisp exec refuses a timeout that it could not keep", async () => {
  const { failure } = await runCrisp(["exec", "--timeout", "3", id, "ls"]);

  expect(failure).toMatchObject({ kind: "invalid", message: "--timeout is for --sync" });
});
