import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ExecOutput } from "./exec-output.ts";

describe("ExecOutput", () => {
  it("collects both streams to their ends", async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const output = new ExecOutput(stdout, stderr, 100);

    stdout.end("out");
    stderr.end("err");

    await expect(output.finish()).resolves.toEqual({ stdout: Buffer.from("out"), stderr: Buffer.from("err") });
  });

  it("keeps up to one limit of both together, and goes on reading", async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const output = new ExecOutput(stdout, stderr, 5);

    stdout.end("12345678");
    stderr.end("x");
    const kept = await output.finish();

    expect(kept.stdout.length + kept.stderr.length).toBe(5);
  });

  it("does not wait for ever for a stream that somebody holds open", async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const output = new ExecOutput(stdout, stderr, 100);

    stdout.write("so far");
    stderr.end();

    await expect(output.finish()).resolves.toMatchObject({ stdout: Buffer.from("so far") });
    expect(stdout.destroyed).toBe(true);
  });
});
